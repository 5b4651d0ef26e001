// The receive pool: which track is in which slot, on which elements it is shown, and what is seen there.

import type { SlotKey } from '../protocol/slots.ts';
import { SlotWatch, type Seen } from './flip.ts';
import type { Detach } from './outlets.ts';

/** How often slots without frames are looked at. */
export const TICK_MS = 250;

export type SlotsListener = {
  readonly onFlipped: (slot: SlotKey) => void;
  readonly onFrozen: (slot: SlotKey, frozen: boolean) => void;
};

type Place = {
  mid: string | null;
  readonly watch: SlotWatch;
  readonly elements: Set<HTMLVideoElement>;
};

export class Slots {
  readonly #listener: SlotsListener;
  readonly #now: () => number;
  readonly #places = new Map<SlotKey, Place>();
  #tracks: ReadonlyMap<string, MediaStreamTrack> = new Map();

  constructor(now: () => number, listener: SlotsListener) {
    this.#now = now;
    this.#listener = listener;
  }

  /** A new transport with new tracks; elements go on showing the same slots. */
  receive(tracks: ReadonlyMap<string, MediaStreamTrack>): void {
    this.#tracks = tracks;
    for (const place of this.#places.values()) this.#connect(place);
  }

  /** The node announced what fills a slot. */
  fill(slot: SlotKey, mid: string, filled: { readonly rtpTimestamp: number } | 'empty'): void {
    const place = this.#place(slot);
    if (filled === 'empty') place.watch.emptied();
    else place.watch.announced(filled.rtpTimestamp, this.#now());
    if (place.mid === mid) return;
    place.mid = mid;
    this.#connect(place);
  }

  /** Which slot a mid carries. */
  slotOf(mid: string): SlotKey | null {
    for (const [slot, place] of this.#places) if (place.mid === mid) return slot;
    return null;
  }

  attach(element: HTMLVideoElement, slot: SlotKey): Detach {
    const place = this.#place(slot);
    place.elements.add(element);
    place.watch.unseen(this.#now());
    this.#connect(place);
    const stop = onFrames(element, (rtpTimestamp) => {
      this.#tell(slot, place.watch.frame(rtpTimestamp, this.#now()));
    });
    return () => {
      stop();
      place.elements.delete(element);
      element.srcObject = null;
    };
  }

  /** Called every `TICK_MS`. */
  tick(visible: boolean): void {
    for (const [slot, place] of this.#places) {
      if (!visible || place.elements.size === 0) place.watch.unseen(this.#now());
      this.#tell(slot, place.watch.tick(this.#now()));
    }
  }

  /** The meeting is over. */
  clear(): void {
    this.#tracks = new Map();
    for (const place of this.#places.values()) {
      place.mid = null;
      place.watch.emptied();
      this.#connect(place);
    }
  }

  #place(slot: SlotKey): Place {
    const known = this.#places.get(slot);
    if (known !== undefined) return known;
    const place: Place = { mid: null, watch: new SlotWatch(), elements: new Set() };
    this.#places.set(slot, place);
    return place;
  }

  #connect(place: Place): void {
    const track = place.mid === null ? undefined : this.#tracks.get(place.mid);
    for (const element of place.elements) show(element, track);
  }

  #tell(slot: SlotKey, seen: readonly Seen[]): void {
    for (const what of seen) {
      if (what === 'flip') this.#listener.onFlipped(slot);
      else this.#listener.onFrozen(slot, what === 'frozen');
    }
  }
}

/** Shows one track in an element; the same track again is left alone, so that the picture does not blink. */
export function show(element: HTMLVideoElement, track: MediaStreamTrack | undefined): void {
  const present = element.srcObject instanceof MediaStream ? element.srcObject.getTracks()[0] : undefined;
  if (track === undefined) {
    if (present !== undefined) element.srcObject = null;
    return;
  }
  if (present === track) return;
  element.muted = true;
  element.playsInline = true;
  element.srcObject = new MediaStream([track]);
  // Muted pictures may play without being touched; a picture that goes away meanwhile is no failure.
  element.play().catch(() => undefined);
}

/** Calls back at each presented frame until the returned function is called. */
function onFrames(element: HTMLVideoElement, run: (rtpTimestamp: number | undefined) => void): () => void {
  if (!('requestVideoFrameCallback' in element)) return () => undefined;
  let handle = 0;
  const next = (_: number, metadata: VideoFrameCallbackMetadata): void => {
    run(metadata.rtpTimestamp);
    handle = element.requestVideoFrameCallback(next);
  };
  handle = element.requestVideoFrameCallback(next);
  return () => {
    element.cancelVideoFrameCallback(handle);
  };
}
