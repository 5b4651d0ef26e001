// Sound: one hidden element for each audio slot, all on the chosen loudspeaker, and the page's own cues.

import { cueMs, playCue, type Cue } from './tone.ts';

export type PlaybackListener = {
  /** The browser wants a touch before it plays anything, or has got it. */
  readonly onBlocked: (blocked: boolean) => void;
};

/** An element on a chosen loudspeaker, where the browser can. */
type Chosen = Omit<HTMLAudioElement, 'setSinkId'> & { setSinkId?: (id: string) => Promise<void> };

export class Playback {
  readonly #listener: PlaybackListener;
  #elements: Chosen[] = [];
  #cues: { readonly element: Chosen; readonly node: AudioNode } | null = null;
  #audio: AudioContext | null = null;
  #speakerId: string;

  constructor(speakerId: string, listener: PlaybackListener) {
    this.#speakerId = speakerId;
    this.#listener = listener;
  }

  /** The page's one audio context; made when first needed, which is after a click. */
  context(): AudioContext {
    this.#audio ??= new AudioContext();
    if (this.#audio.state === 'suspended') void this.#audio.resume();
    return this.#audio;
  }

  /** Plays these tracks instead of the ones before. */
  receive(tracks: ReadonlyMap<string, MediaStreamTrack>): void {
    this.clear();
    this.#elements = [...tracks.values()]
      .filter((track) => track.kind === 'audio')
      .map((track) => this.#element(new MediaStream([track])));
    for (const element of this.#elements) void this.#play(element);
  }

  clear(): void {
    for (const element of this.#elements) {
      element.pause();
      element.srcObject = null;
    }
    this.#elements = [];
  }

  choose(speakerId: string): void {
    this.#speakerId = speakerId;
    for (const element of this.#elements) void this.#route(element);
    if (this.#cues !== null) void this.#route(this.#cues.element);
  }

  /** Called in a click: tries again what the browser refused. */
  async unblock(): Promise<void> {
    this.context();
    const played = await Promise.all(this.#elements.map((element) => this.#play(element)));
    if (played.every((ok) => ok)) this.#listener.onBlocked(false);
  }

  /** Plays a cue on the chosen loudspeaker; gives its length in milliseconds. */
  cue(cue: Cue): number {
    const audio = this.context();
    if (this.#cues === null) {
      const node = audio.createMediaStreamDestination();
      this.#cues = { element: this.#element(node.stream), node };
    }
    void this.#play(this.#cues.element);
    playCue(audio, this.#cues.node, cue);
    return cueMs(cue);
  }

  #element(stream: MediaStream): Chosen {
    const element: Chosen = new Audio();
    element.srcObject = stream;
    void this.#route(element);
    return element;
  }

  async #route(element: Chosen): Promise<void> {
    try {
      await element.setSinkId?.(this.#speakerId);
    } catch {
      // Unplugged or not allowed: the system's loudspeaker plays.
    }
  }

  async #play(element: Chosen): Promise<boolean> {
    try {
      await element.play();
      return true;
    } catch (error) {
      const blocked = error instanceof Error && error.name === 'NotAllowedError';
      if (blocked) this.#listener.onBlocked(true);
      return !blocked;
    }
  }
}
