// Three steps down and up again, with patience: how much a client asks for follows what its line and its processor
// bear. Going down is quick, for a meeting that stutters is no meeting; going up is slow, and slower each time it was a
// mistake, for a picture that comes and goes is worse than a small one. The numbers are web-client.md section 5.6's,
// the first wait longer by the two seconds the node itself needs to call a line poor.

import type { LineQuality, MediaProfile } from '../protocol/generated.ts';
import type { Load } from '../media/load.ts';

/** How trouble is borne: 0 as wished, 1 less, 2 least. */
export type Level = 0 | 1 | 2;

/** What a measure says: too much, enough room, or neither (then the present level stays). */
export type Reading = 'bad' | 'clear' | 'between';

export type Ladder = {
  readonly level: Level;
  readonly reading: Reading;
  /** Since when the reading has been this one, or since the last change of level. Milliseconds of the page's clock. */
  readonly since: number;
  /** How long it must be clear before the next step up. */
  readonly patienceMs: number;
  /** When the last step up was made. */
  readonly raisedAt: number | null;
};

/** Bad for this long, and the first step down is made. */
export const BAD_FOR_MS = 6_000;

/** The second one waits until the first can have had its effect: the node calls a line better after six seconds. */
export const STILL_BAD_FOR_MS = 15_000;

/** Clear for this long, and a step up is tried. */
export const CLEAR_FOR_MS = 20_000;

/** A step down so soon after one up says that the step up was a mistake: the next one waits twice as long. */
export const RELAPSE_MS = 60_000;

/** The longest wait for a step up: a line that was bad all morning may be good for the afternoon. */
export const PATIENCE_MAX_MS = 320_000;

/** A picture that is not shown in time every tenth time is seen to stutter; below one in fifty it is not. */
const DROPPED_BAD = 0.1;
const DROPPED_CLEAR = 0.02;

/** Parts of the time in which the page does not answer to a key or a button. */
const BUSY_BAD = 0.5;
const BUSY_CLEAR = 0.2;

/** Parts of the time that the busiest decoder is at work. From four fifths on a moment of anything else makes it late; with
 *  half of the time left the next larger picture, which costs about twice as much, can be tried. A decoder in hardware
 *  counts the time a picture spends in its pipe, about a third at 25 pictures a second. */
const DECODING_BAD = 0.8;
const DECODING_CLEAR = 0.5;

/** The bottom of nothing: no trouble seen yet. */
export const UNTROUBLED: Ladder = {
  level: 0,
  reading: 'between',
  since: 0,
  patienceMs: CLEAR_FOR_MS,
  raisedAt: null,
};

/** The ladder after one more reading. */
export function climb(before: Ladder, reading: Reading, now: number): Ladder {
  const since = reading === before.reading ? before.since : now;
  const held = now - since;
  const { level } = before;
  if (reading === 'bad' && level < 2 && held >= (level === 0 ? BAD_FOR_MS : STILL_BAD_FOR_MS)) {
    const relapse = before.raisedAt !== null && now - before.raisedAt < RELAPSE_MS;
    const patienceMs = relapse ? Math.min(before.patienceMs * 2, PATIENCE_MAX_MS) : CLEAR_FOR_MS;
    return { level: level === 0 ? 1 : 2, reading, since: now, patienceMs, raisedAt: before.raisedAt };
  }
  if (reading === 'clear' && level > 0 && held >= before.patienceMs) {
    return { ...before, level: level === 2 ? 1 : 0, reading, since: now, raisedAt: now };
  }
  return { ...before, reading, since };
}

/** A line that is away is not a narrow one: nothing is learnt from it. */
export function lineReading(line: LineQuality | undefined): Reading {
  switch (line) {
    case 'poor':
      return 'bad';
    case 'good':
    case 'fair':
      return 'clear';
    case 'lost':
    case 'unknown':
    case undefined:
      return 'between';
    default:
      return line satisfies never;
  }
}

export function loadReading(load: Load | null): Reading {
  if (load === null) return 'between';
  const { dropped, busy, decoding } = load;
  if (dropped > DROPPED_BAD || busy > BUSY_BAD || decoding > DECODING_BAD) return 'bad';
  const clear = dropped < DROPPED_CLEAR && busy < BUSY_CLEAR && decoding < DECODING_CLEAR;
  return clear ? 'clear' : 'between';
}

/** What a person chose: one profile whatever happens, or the one the line bears. */
export type ProfileChoice = 'auto' | MediaProfile;

/** By level. Without any picture a hall does not know whom it hears, so the least is a still now and then. */
const PROFILES = ['full', 'saver', 'audioStills'] as const;

/** The profile in force. A choice wins over every measure. */
export function profileOf(choice: ProfileChoice, line: Ladder): MediaProfile {
  return choice === 'auto' ? PROFILES[line.level] : choice;
}
