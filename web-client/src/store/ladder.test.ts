import { describe, expect, test } from 'vitest';
import {
  BAD_FOR_MS,
  CLEAR_FOR_MS,
  climb,
  lineReading,
  loadReading,
  PATIENCE_MAX_MS,
  profileOf,
  STILL_BAD_FOR_MS,
  UNTROUBLED,
  type Ladder,
  type Reading,
} from './ladder.ts';

const EVERY_MS = 2_000;

/** Reads every two seconds for some time and tells the levels on the way, each once. */
function through(ladder: Ladder, start: number, parts: readonly (readonly [Reading, number])[]) {
  const levels: number[] = [];
  let [at, now] = [ladder, start];
  for (const [reading, lasts] of parts) {
    for (const end = now + lasts; now < end; now += EVERY_MS) {
      at = climb(at, reading, now);
      if (levels.at(-1) !== at.level) levels.push(at.level);
    }
  }
  return { levels, at, now };
}

describe('the ladder', () => {
  test('does not move for a short trouble, again and again', () => {
    const short = ['bad', BAD_FOR_MS] as const;
    const parts = Array.from({ length: 10 }, () => [short, ['clear', 4_000] as const]).flat();
    expect(through(UNTROUBLED, 0, parts).levels).toEqual([0]);
  });

  test('goes down one step, gives it time, then the next, and no further', () => {
    const first = through(UNTROUBLED, 0, [['bad', BAD_FOR_MS + STILL_BAD_FOR_MS - EVERY_MS]]);
    expect(first.levels).toEqual([0, 1]);
    expect(through(UNTROUBLED, 0, [['bad', 600_000]]).levels).toEqual([0, 1, 2]);
  });

  test('comes back step by step when it has been clear for long enough', () => {
    const down = through(UNTROUBLED, 0, [['bad', 60_000]]);
    expect(through(down.at, down.now, [['clear', CLEAR_FOR_MS]]).levels).toEqual([2]);
    expect(through(down.at, down.now, [['clear', 2 * CLEAR_FOR_MS + 3 * EVERY_MS]]).levels).toEqual([
      2, 1, 0,
    ]);
  });

  test('stays where it is while nothing can be said', () => {
    const down = through(UNTROUBLED, 0, [['bad', 10_000]]);
    expect(through(down.at, down.now, [['between', 600_000]]).levels).toEqual([1]);
  });

  test('a step up that was a mistake makes the next one wait twice as long, up to a bound', () => {
    const swing = [
      ['bad', BAD_FOR_MS + EVERY_MS],
      ['clear', PATIENCE_MAX_MS + EVERY_MS],
    ] as const;
    let { at, now } = through(UNTROUBLED, 0, [['bad', 10_000]]);
    const waits: number[] = [];
    for (let round = 0; round < 7; round += 1) {
      waits.push(at.patienceMs);
      ({ at, now } = through(at, now, [['clear', at.patienceMs + EVERY_MS], swing[0]]));
    }
    expect(waits).toEqual([20_000, 40_000, 80_000, 160_000, 320_000, 320_000, 320_000]);
  });

  test('a trouble long after the last step up is a new one', () => {
    const down = through(UNTROUBLED, 0, [['bad', 10_000]]);
    const quiet = through(down.at, down.now, [['clear', 300_000]]);
    expect(through(quiet.at, quiet.now, [['bad', 10_000]]).at.patienceMs).toBe(CLEAR_FOR_MS);
  });
});

test.each([
  ['good', 'clear'],
  ['fair', 'clear'],
  ['poor', 'bad'],
  ['lost', 'between'],
  ['unknown', 'between'],
  [undefined, 'between'],
] as const)('a line that is %s reads %s', (line, reading) => {
  expect(lineReading(line)).toBe(reading);
});

test.each([
  [null, 'between'],
  [{ dropped: 0, busy: 0, decoding: 0 }, 'clear'],
  [{ dropped: 0.05, busy: 0, decoding: 0 }, 'between'],
  [{ dropped: 0.11, busy: 0, decoding: 0 }, 'bad'],
  [{ dropped: 0, busy: 0.6, decoding: 0 }, 'bad'],
  [{ dropped: 0, busy: 0.3, decoding: 0 }, 'between'],
  [{ dropped: 0, busy: 0, decoding: 0.49 }, 'clear'],
  [{ dropped: 0, busy: 0, decoding: 0.5 }, 'between'],
  [{ dropped: 0, busy: 0, decoding: 0.81 }, 'bad'],
] as const)('a load of %j reads %s', (load, reading) => {
  expect(loadReading(load)).toBe(reading);
});

test('a choice wins over every measure', () => {
  const { at } = through(UNTROUBLED, 0, [['bad', 600_000]]);
  expect(profileOf('auto', at)).toBe('audioStills');
  expect(profileOf('full', at)).toBe('full');
  expect(profileOf('saver', UNTROUBLED)).toBe('saver');
});
