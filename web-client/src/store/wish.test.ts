import { describe, expect, test } from 'vitest';
import { seatId } from './testing.ts';
import { assignMosaic, quantised, settleMs, viewWish } from './wish.ts';

test.each([
  [0, 1, 0],
  [-5, 1, 0],
  [60, 1, 90],
  [103, 1, 90],
  [104, 1, 180],
  [180, 1, 180],
  [206, 1, 180],
  [208, 1, 360],
  [180, 2, 360],
  [500, 1, 720],
  [1200, 3, 720],
])('a picture of %i CSS pixels at ratio %d asks for %i', (height, ratio, asked) => {
  expect(quantised(height, ratio)).toBe(asked);
});

describe('mosaic slots', () => {
  const seats = (...ids: string[]) => ids.map(seatId);
  const text = (assigned: ReturnType<typeof assignMosaic>) =>
    assigned.map(({ index, seat }) => `${String(index)}${seat}`).join(' ');

  test('seats keep their slots, newcomers take the free ones, the rest get none', () => {
    const first = assignMosaic([], seats('A', 'B', 'C'), 3);
    expect(text(first)).toBe('0A 1B 2C');
    const second = assignMosaic(first, seats('C', 'D', 'A', 'E'), 3);
    expect(text(second)).toBe('0A 1D 2C');
    expect(text(assignMosaic(second, [], 3))).toBe('');
    expect(text(assignMosaic(first, seats('A', 'B', 'C'), 1))).toBe('0A');
  });
});

test('what only hides waits, what shows does not', () => {
  const wish = (programme: number, tiles: Record<string, number>) => {
    const entries = Object.entries(tiles).map(([id, height]) => ({ seat: seatId(id), height }));
    const mosaic = assignMosaic(
      [],
      entries.map(({ seat }) => seat),
      8,
    );
    return viewWish({ programme, slides: 0, tiles: entries }, mosaic, {
      profile: 'full',
      computer: 0,
      pixelRatio: 1,
    });
  };
  expect(settleMs(wish(720, { A: 180 }), wish(720, {}))).toBe(1_000);
  expect(settleMs(wish(720, {}), wish(360, {}))).toBe(1_000);
  expect(settleMs(wish(720, {}), wish(720, { A: 180 }))).toBe(100);
  expect(settleMs(wish(720, { A: 180 }), wish(720, { B: 180 }))).toBe(100);
  expect(settleMs(wish(720, { A: 180 }), { ...wish(720, { A: 180 }), profile: 'saver' })).toBe(100);
});
