// When to try again. The first try comes at once but spread over half a second, so that the 150 sites behind one
// switch do not come back in the same instant; later ones wait longer and are spread by half.

const DELAYS_MS = [300, 1_200, 2_700, 4_800, 7_000] as const;
const FIRST_SPREAD_MS = 500;
const SPREAD = 0.5;

/** A number from 0 up to 1. */
export type Random = () => number;

/** The wait before try number `attempt`, from 0. `askedMs` is what the node itself asked to wait. */
export function retryDelayMs(attempt: number, askedMs: number | undefined, random: Random): number {
  if (askedMs !== undefined) return askedMs * (1 + SPREAD * random());
  if (attempt === 0) return FIRST_SPREAD_MS * random();
  const base = DELAYS_MS[Math.min(attempt, DELAYS_MS.length) - 1] ?? FIRST_SPREAD_MS;
  return base * (1 + SPREAD * (2 * random() - 1));
}
