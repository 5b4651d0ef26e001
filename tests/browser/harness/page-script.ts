// What runs in a page before its own scripts: the camera becomes a painted picture, peer connections are remembered for
// measuring, and violations of the content security policy are kept. Serialised into the page, so it refers to nothing
// outside of itself.

import { PICTURE } from './marker.ts';

export type PageSetup = {
  /** Cells of the picture, null for the browser's own fake camera. */
  readonly cells: readonly number[] | null;
  readonly picture: typeof PICTURE;
  /** Where media goes instead of the node's own ports: the cuttable link. */
  readonly mediaPorts: Readonly<Record<number, number>> | null;
  /** Which candidates of the node may be used. */
  readonly family: 'any' | 'v4' | 'v6';
};

/** Nothing in between, the browser's own camera. */
export const AT_HOME: PageSetup = { cells: null, picture: PICTURE, mediaPorts: null, family: 'any' };

export type Probe = {
  readonly peers: RTCPeerConnection[];
  readonly violations: string[];
  /** The last microphone the page opened, whatever it does with it. */
  microphone: MediaStreamTrack | null;
};

declare global {
  interface Window {
    __probe: Probe;
  }
}

export function instrument(setup: PageSetup): void {
  if (window.__probe) return;
  const probe: Probe = { peers: [], violations: [], microphone: null };
  window.__probe = probe;
  document.addEventListener('securitypolicyviolation', (event) => {
    probe.violations.push(
      `${event.violatedDirective}: ${event.blockedURI} ${event.sourceFile}:${event.lineNumber}`,
    );
  });

  const paint = (cells: readonly number[]): MediaStreamTrack => {
    const { width, height, cellHeight, framesPerSecond } = setup.picture;
    const canvas = document.createElement('canvas');
    canvas.width = width;
    canvas.height = height;
    const context = canvas.getContext('2d', { alpha: false });
    if (!context) throw new Error('no canvas');
    const cellWidth = width / cells.length;
    let frame = 0;
    const draw = (): void => {
      context.fillStyle = '#7a8a99';
      context.fillRect(0, 0, width, height);
      cells.forEach((cell, at) => {
        context.fillStyle = cell ? '#fff' : '#000';
        context.fillRect(at * cellWidth, 0, cellWidth + 1, cellHeight);
        context.fillStyle = cell ? '#000' : '#fff';
        context.fillRect(at * cellWidth, cellHeight, cellWidth + 1, cellHeight);
      });
      frame += 1;
      context.fillStyle = '#c8102e';
      context.fillRect((frame * 8) % width, cellHeight * 2 + 20, 60, height - cellHeight * 2 - 40);
    };
    draw();
    const timer = setInterval(draw, 1000 / framesPerSecond);
    const [track] = canvas.captureStream(framesPerSecond).getVideoTracks();
    if (!track) throw new Error('no picture');
    const stop = track.stop.bind(track);
    track.stop = () => {
      clearInterval(timer);
      stop();
    };
    return track;
  };

  const devices = navigator.mediaDevices;
  if (devices) {
    const open = devices.getUserMedia.bind(devices);
    devices.getUserMedia = async (wish) => {
      const stream = await open(wish);
      probe.microphone = stream.getAudioTracks()[0] ?? probe.microphone;
      if (setup.cells) {
        for (const track of stream.getVideoTracks()) {
          stream.removeTrack(track);
          track.stop();
          stream.addTrack(paint(setup.cells));
        }
      }
      return stream;
    };
    // Firefox without a screen has nothing to share; a painted picture is as good as a slide.
    devices.getDisplayMedia = () => Promise.resolve(new MediaStream([paint(setup.cells ?? [1, 0])]));
  }

  const allowed = (line: string): boolean => {
    if (!line.startsWith('a=candidate:') || setup.family === 'any') return true;
    const address = line.split(' ')[4] ?? '';
    return address.includes(':') === (setup.family === 'v6');
  };
  const reroute = (sdp: string): string =>
    sdp
      .split('\r\n')
      .filter(allowed)
      .map((line) => {
        if (setup.mediaPorts === null || !line.startsWith('a=candidate:')) return line;
        const words = line.split(' ');
        const port = setup.mediaPorts[Number(words[5])];
        if (port === undefined) throw new Error(`no line to the port of ${line}`);
        words[5] = String(port);
        return words.join(' ');
      })
      .join('\r\n');

  const Native = window.RTCPeerConnection;
  window.RTCPeerConnection = class extends Native {
    constructor(configuration?: RTCConfiguration) {
      super(configuration);
      probe.peers.push(this);
    }
    override setRemoteDescription(description: RTCSessionDescriptionInit): Promise<void> {
      return super.setRemoteDescription({ type: description.type, sdp: reroute(description.sdp ?? '') });
    }
  };
}
