// What this client could send: one stream a source, opened, replaced and ended here and nowhere else.

import type { PublishSource } from '../protocol/generated.ts';
import {
  cameraConstraints,
  microphoneConstraints,
  screenOptions,
  type SoundProcessing,
} from './constraints.ts';
import { openDevice, openScreen, type CaptureFailure, type Opened } from './devices.ts';

export type CaptureKind = 'camera' | 'microphone' | 'screen';

export type CaptureChoice = {
  readonly cameraId: string;
  readonly microphoneId: string;
  readonly sound: SoundProcessing;
};

export type CaptureListener = {
  readonly onStarted: (kind: CaptureKind, label: string) => void;
  readonly onFailed: (kind: CaptureKind, why: CaptureFailure) => void;
  /** Closed because it was asked. */
  readonly onClosed: (kind: CaptureKind) => void;
  /** Ended by itself: unplugged, or sharing stopped in the browser's own bar. */
  readonly onEnded: (kind: CaptureKind) => void;
  /** What is there to be sent changed. */
  readonly onTrack: (source: PublishSource, track: MediaStreamTrack | null) => void;
};

export class Capture {
  readonly #listener: CaptureListener;
  readonly #streams = new Map<CaptureKind, MediaStream>();
  /** Counts openings: an answer that is not of the latest one is thrown away. */
  readonly #turns = new Map<CaptureKind, number>();

  constructor(listener: CaptureListener) {
    this.#listener = listener;
  }

  stream(kind: CaptureKind): MediaStream | null {
    return this.#streams.get(kind) ?? null;
  }

  /** Opens a source; an open one is replaced. */
  async open(kind: CaptureKind, choice: CaptureChoice): Promise<void> {
    const turn = this.#nextTurn(kind);
    // Some cameras cannot be opened twice: the old one goes first. A screen stays until another one is chosen.
    if (kind !== 'screen') this.#end(kind);
    const opened = await request(kind, choice);
    if (turn !== this.#turns.get(kind)) {
      if (opened.ok) stopAll(opened.stream);
      return;
    }
    if (!opened.ok) {
      this.#listener.onFailed(kind, opened.why);
      return;
    }
    this.#end(kind);
    this.#begin(kind, opened.stream);
  }

  /** Cameras and microphones that give nothing: phones take them away for a call and do not always give them back. */
  stalled(): readonly CaptureKind[] {
    return (['camera', 'microphone'] as const).filter((kind) =>
      this.#streams
        .get(kind)
        ?.getTracks()
        .some((track) => track.muted || track.readyState === 'ended'),
    );
  }

  close(kind: CaptureKind): void {
    this.#nextTurn(kind);
    this.#end(kind);
    this.#listener.onClosed(kind);
  }

  #nextTurn(kind: CaptureKind): number {
    const turn = (this.#turns.get(kind) ?? 0) + 1;
    this.#turns.set(kind, turn);
    return turn;
  }

  #begin(kind: CaptureKind, stream: MediaStream): void {
    this.#streams.set(kind, stream);
    const [first] = kind === 'microphone' ? stream.getAudioTracks() : stream.getVideoTracks();
    if (first === undefined) {
      this.#end(kind);
      this.#listener.onFailed(kind, 'missing');
      return;
    }
    // Text on a screen is worth more pixels than frames.
    if (kind === 'screen') first.contentHint = 'detail';
    first.addEventListener('ended', () => {
      if (this.#streams.get(kind) !== stream) return;
      this.#end(kind);
      this.#listener.onEnded(kind);
    });
    this.#listener.onTrack(kind, first);
    if (kind === 'screen') this.#listener.onTrack('screenAudio', stream.getAudioTracks()[0] ?? null);
    this.#listener.onStarted(kind, first.label);
  }

  #end(kind: CaptureKind): void {
    const stream = this.#streams.get(kind);
    if (stream === undefined) return;
    this.#streams.delete(kind);
    this.#listener.onTrack(kind, null);
    if (kind === 'screen') this.#listener.onTrack('screenAudio', null);
    stopAll(stream);
  }
}

function request(kind: CaptureKind, choice: CaptureChoice): Promise<Opened> {
  switch (kind) {
    case 'camera':
      return openDevice(cameraConstraints(choice.cameraId));
    case 'microphone':
      return openDevice(microphoneConstraints(choice.microphoneId, choice.sound));
    case 'screen':
      return openScreen(screenOptions());
    default:
      return kind satisfies never;
  }
}

function stopAll(stream: MediaStream): void {
  for (const track of stream.getTracks()) track.stop();
}
