// What a receiver really gets, read in its page: pictures decoded, sound heard, whose picture is on the screen. Slots
// are m-lines in the order all clients negotiate: 4 sources, 4 audio slots (the last is the floor's), programme, slides.

import { expect, type Page } from '@playwright/test';
import { markerOf, PICTURE } from './marker.ts';

export const MID = {
  microphone: 0,
  camera: 1,
  screen: 2,
  audioFirst: 4,
  floor: 7,
  programme: 8,
  slides: 9,
  mosaicFirst: 10,
} as const;

export type SlotFigures = {
  readonly framesDecoded: number;
  readonly height: number;
  readonly packets: number;
  /** Sum of the squared level over time: grows only while something is heard. */
  readonly energy: number;
};

/** Figures of every receiving m-line of the page's living connection, by position. */
export async function receiving(page: Page): Promise<readonly SlotFigures[]> {
  return await page.evaluate(async () => {
    const peer = window.__probe.peers.findLast((one) => one.connectionState !== 'closed');
    if (!peer) return [];
    const figures = [];
    for (const transceiver of peer.getTransceivers()) {
      let one = { framesDecoded: 0, height: 0, packets: 0, energy: 0 };
      for (const entry of (await transceiver.receiver.getStats()).values()) {
        if (entry.type !== 'inbound-rtp') continue;
        one = {
          framesDecoded: entry.framesDecoded ?? 0,
          height: entry.frameHeight ?? 0,
          packets: entry.packetsReceived ?? 0,
          energy: entry.totalAudioEnergy ?? 0,
        };
      }
      figures.push(one);
    }
    return figures;
  });
}

/** Pictures decoded on one m-line so far, and the how-manieth connection of the page counts them: a new one counts anew,
 *  and whatever was measured on the one before says nothing about it. */
export async function pictures(
  page: Page,
  position: number,
): Promise<{ readonly connection: number; readonly decoded: number }> {
  const connection = await page.evaluate(() =>
    window.__probe.peers.findLastIndex((one) => one.connectionState !== 'closed'),
  );
  return {
    connection,
    decoded: (await receiving(page))[position]?.framesDecoded ?? 0,
  };
}

/** Pictures decoded on one m-line within a time; counts nothing over a change of the connection, which is a failure. */
export async function decodedIn(page: Page, position: number, milliseconds: number): Promise<number> {
  const before = await pictures(page, position);
  await page.evaluate(async (time) => await new Promise((done) => setTimeout(done, time)), milliseconds);
  const after = await pictures(page, position);
  expect(after.connection, 'one connection was watched').toBe(before.connection);
  return after.decoded - before.decoded;
}

/** Waits for the next picture of one m-line: when it was there, milliseconds, and what `pictures` says then. */
export async function nextPicture(
  page: Page,
  position: number,
): Promise<{
  readonly connection: number;
  readonly decoded: number;
  readonly at: number;
}> {
  const before = await pictures(page, position);
  await expect
    .poll(async () => (await pictures(page, position)).decoded, {
      message: 'another picture is decoded',
      intervals: [100],
      timeout: 20_000,
    })
    .toBeGreaterThan(before.decoded);
  return { ...(await pictures(page, position)), at: Date.now() };
}

/** Energy below which nothing was heard: a fake microphone makes a thousand times as much in a second. */
export const SILENCE = 0.0001;

/** What all audio slots together bring within a time. */
export async function listen(page: Page, milliseconds: number): Promise<{ energy: number; packets: number }> {
  const before = await receiving(page);
  await page.evaluate(async (time) => await new Promise((done) => setTimeout(done, time)), milliseconds);
  const after = await receiving(page);
  return {
    energy: energyOf(after) - energyOf(before),
    packets: audioPacketsOf(after) - audioPacketsOf(before),
  };
}

/** The longest time within which no audio slot brought a packet, milliseconds. */
export async function longestSilence(page: Page, milliseconds: number): Promise<number> {
  return await page.evaluate(
    async ({ time, first, last }) => {
      const packets = async (): Promise<number> => {
        const peer = window.__probe.peers.findLast((one) => one.connectionState !== 'closed');
        let sum = 0;
        for (const transceiver of peer?.getTransceivers().slice(first, last + 1) ?? [])
          for (const entry of (await transceiver.receiver.getStats()).values())
            if (entry.type === 'inbound-rtp') sum += entry.packetsReceived ?? 0;
        return sum;
      };
      const begun = performance.now();
      let [known, heard, longest] = [await packets(), begun, 0];
      while (performance.now() - begun < time) {
        await new Promise((done) => setTimeout(done, 20));
        const [now, at] = [await packets(), performance.now()];
        longest = Math.max(longest, at - heard);
        if (now !== known) [known, heard] = [now, at];
      }
      return Math.round(longest);
    },
    { time: milliseconds, first: MID.audioFirst, last: MID.floor },
  );
}

/** Packets the page has put on the wire from one of its sources, all encodings together. */
export async function packetsSent(page: Page, position: number): Promise<number> {
  return await page.evaluate(async (at) => {
    const peer = window.__probe.peers.findLast((one) => one.connectionState !== 'closed');
    const sender = peer?.getTransceivers()[at]?.sender;
    if (!sender) return 0;
    let packets = 0;
    for (const entry of (await sender.getStats()).values()) {
      if (entry.type === 'outbound-rtp') packets += entry.packetsSent ?? 0;
    }
    return packets;
  }, position);
}

function energyOf(figures: readonly SlotFigures[]): number {
  return figures.reduce((sum, one) => sum + one.energy, 0);
}

/** Only sound has energy; packets are counted where sound comes in. */
function audioPacketsOf(figures: readonly SlotFigures[]): number {
  return figures.slice(MID.audioFirst, MID.floor + 1).reduce((sum, one) => sum + one.packets, 0);
}

/** The marker in the picture of one slot as it is on the screen now; null when there is none to read. */
export async function markerShown(page: Page, position: number): Promise<number | null> {
  const rows = await page.evaluate(
    ({ at, picture }) => {
      const peer = window.__probe.peers.findLast((one) => one.connectionState !== 'closed');
      const track = peer?.getTransceivers()[at]?.receiver.track;
      const video = [...document.querySelectorAll('video')].find(
        (one) =>
          one.offsetWidth > 0 &&
          one.srcObject instanceof MediaStream &&
          one.srcObject.getVideoTracks().some((own) => own.id === track?.id),
      );
      if (!video || video.readyState < 2 || video.videoWidth === 0) return null;
      const canvas = document.createElement('canvas');
      canvas.width = 160;
      canvas.height = 90;
      const context = canvas.getContext('2d', {
        alpha: false,
        willReadFrequently: true,
      });
      if (!context) return null;
      context.drawImage(video, 0, 0, 160, 90);
      const cells = 8;
      const brightness = (column: number, row: number): number => {
        const x = Math.round(((column + 0.5) * 160) / cells) - 3;
        const y = Math.round(((row + 0.5) * picture.cellHeight * 90) / picture.height) - 3;
        const { data } = context.getImageData(x, y, 6, 6);
        let sum = 0;
        for (let i = 0; i < data.length; i += 4)
          sum += (data[i] ?? 0) + (data[i + 1] ?? 0) + (data[i + 2] ?? 0);
        return sum / (data.length / 4) / 3;
      };
      const row = (which: number): number[] =>
        Array.from({ length: cells }, (_, column) => brightness(column, which));
      return { upper: row(0), lower: row(1) };
    },
    { at: position, picture: PICTURE },
  );
  return rows === null ? null : markerOf(rows.upper, rows.lower);
}
