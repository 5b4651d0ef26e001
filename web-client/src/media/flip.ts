// When a name plate may change: with the first picture of its new owner, not before and not after. A wrong name over
// a face is the worst thing this client could show.

/** RTP timestamps are 32 bit and go round. */
const HALF_RANGE = 2 ** 31;
const RANGE = 2 ** 32;

/** A browser that does not tell timestamps, or a picture nobody looks at, flips after this long. */
export const FLIP_ANYWAY_MS = 1_000;

/** No picture for this long is called frozen. */
export const FROZEN_MS = 3_000;

/** Whether a frame is the announced one or a later one. */
export function reached(frame: number, announced: number): boolean {
  return (frame - announced + RANGE) % RANGE < HALF_RANGE;
}

export type Seen = 'flip' | 'frozen' | 'thawed';

/** What is known about the picture of one slot. */
export class SlotWatch {
  /** The announced source has not been seen yet. */
  #pending: { readonly rtpTimestamp: number; readonly since: number } | null = null;
  #lastFrame: number | null = null;
  #frozen = false;

  /** The node put something else into the slot. */
  announced(rtpTimestamp: number, now: number): void {
    this.#pending = { rtpTimestamp, since: now };
    this.#frozen = false;
    this.#lastFrame = now;
  }

  /** The node emptied the slot. */
  emptied(): void {
    this.#pending = null;
    this.#lastFrame = null;
    this.#frozen = false;
  }

  /** Nobody can see the slot now: time does not count. */
  unseen(now: number): void {
    if (this.#lastFrame !== null) this.#lastFrame = now;
  }

  /** A picture is on the screen. */
  frame(rtpTimestamp: number | undefined, now: number): readonly Seen[] {
    const seen: Seen[] = [];
    this.#lastFrame = this.#lastFrame === null ? null : now;
    const pending = this.#pending;
    if (pending !== null && rtpTimestamp !== undefined && reached(rtpTimestamp, pending.rtpTimestamp)) {
      this.#pending = null;
      seen.push('flip');
    }
    if (this.#frozen) {
      this.#frozen = false;
      seen.push('thawed');
    }
    return seen;
  }

  /** Time went by. */
  tick(now: number): readonly Seen[] {
    const seen: Seen[] = [];
    if (this.#pending !== null && now - this.#pending.since >= FLIP_ANYWAY_MS) {
      this.#pending = null;
      seen.push('flip');
    }
    if (this.#lastFrame !== null && !this.#frozen && now - this.#lastFrame >= FROZEN_MS) {
      this.#frozen = true;
      seen.push('frozen');
    }
    return seen;
  }
}
