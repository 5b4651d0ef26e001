// The measures themselves, without a node: each can tell yes from no, in both browsers.

import { expect, test, type Page } from '@playwright/test';
import { launch, type BrowserName } from '../harness/browsers.ts';
import { cellsOf, markerOf, PICTURE } from '../harness/marker.ts';
import { listen, markerShown, receiving, SILENCE } from '../harness/measure.ts';
import { AT_HOME, instrument } from '../harness/page-script.ts';

test('a marker is read back, and what is no marker is not', () => {
  for (const marker of [0, 1, 21, 42, 63]) {
    const upper = cellsOf(marker).map((cell) => (cell ? 235 : 16));
    const lower = cellsOf(marker).map((cell) => (cell ? 16 : 235));
    expect(markerOf(upper, lower)).toBe(marker);
    expect(markerOf(lower, upper), 'an inverted picture').toBeNull();
  }
  const grey = Array.from({ length: 8 }, () => 120);
  expect(markerOf(grey, grey)).toBeNull();
});

for (const name of ['chromium', 'firefox'] as BrowserName[]) {
  test(`${name}: a painted camera survives the smallest encoding, sound is told from silence`, async () => {
    const browser = await launch(name);
    const page = await browser.newPage();
    await page.addInitScript(instrument, { ...AT_HOME, cells: cellsOf(37) });
    // Loopback is a secure context, and a routed page needs no server.
    const address = 'http://localhost:18799/';
    await page.route(address, (route) =>
      route.fulfill({ contentType: 'text/html', body: '<video autoplay muted></video>' }),
    );
    await page.goto(address);
    await callOneself(page);

    await expect.poll(async () => await markerShown(page, 1)).toBe(37);
    expect((await receiving(page))[1]?.height).toBe(PICTURE.height / 4);
    await expect.poll(async () => (await receiving(page))[0]?.energy).toBeGreaterThan(SILENCE);
    const open = await listen(page, 3000);
    expect(open.energy, 'an open microphone').toBeGreaterThan(SILENCE);

    await page.evaluate(async () => await window.__probe.peers[0]?.getSenders()[0]?.replaceTrack(null));
    await expect.poll(async () => (await listen(page, 1000)).energy, 'a shut one').toBeLessThan(SILENCE);
    await browser.close();
  });
}

/** Two ends of a call in one page: the second receives the microphone first and the camera second. */
async function callOneself(page: Page): Promise<void> {
  await page.evaluate(async () => {
    const stream = await navigator.mediaDevices.getUserMedia({ audio: true, video: true });
    const [near, far] = [new RTCPeerConnection(), new RTCPeerConnection()];
    near.onicecandidate = (event) => void far.addIceCandidate(event.candidate ?? undefined);
    far.onicecandidate = (event) => void near.addIceCandidate(event.candidate ?? undefined);
    const video = document.querySelector('video') as HTMLVideoElement;
    far.ontrack = ({ track }) => {
      if (track.kind === 'video') video.srcObject = new MediaStream([track]);
      // Chromium decodes, and so measures, only sound that somebody plays.
      else void Object.assign(new Audio(), { srcObject: new MediaStream([track]) }).play();
    };
    const [microphone, camera] = [...stream.getAudioTracks(), ...stream.getVideoTracks()];
    near.addTransceiver(microphone as MediaStreamTrack);
    near.addTransceiver(camera as MediaStreamTrack, { sendEncodings: [{ scaleResolutionDownBy: 4 }] });
    await near.setLocalDescription();
    await far.setRemoteDescription(near.localDescription as RTCSessionDescription);
    await far.setLocalDescription();
    await near.setRemoteDescription(far.localDescription as RTCSessionDescription);
  });
}
