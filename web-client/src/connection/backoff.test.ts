import { expect, test } from 'vitest';
import { retryDelayMs } from './backoff.ts';

test.each([
  [0, 0, 500],
  [1, 150, 450],
  [2, 600, 1_800],
  [3, 1_350, 4_050],
  [4, 2_400, 7_200],
  [5, 3_500, 10_500],
  [99, 3_500, 10_500],
])('try %i waits %i to %i ms', (attempt, least, most) => {
  expect(retryDelayMs(attempt, undefined, () => 0)).toBe(least);
  expect(retryDelayMs(attempt, undefined, () => 1)).toBe(most);
});

test('what the node asks for is never undercut', () => {
  expect(retryDelayMs(0, 2_000, () => 0)).toBe(2_000);
  expect(retryDelayMs(3, 2_000, () => 1)).toBe(3_000);
});
