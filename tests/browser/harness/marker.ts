// The picture of a site: a bit code that survives a video codec at 160 × 90, and a bar that moves. A receiver reads
// from the decoded picture whose camera it is. Every cell stands over its own inverse, so that brightness, contrast and
// blur change both alike and a grey picture reads as nothing instead of as zero.

/** Bits of a marker: up to 63 sites in one story. */
const BITS = 6;
/** A fixed white and black cell before the bits: a picture that is mirrored or cut does not read. */
const LEAD: readonly number[] = [1, 0];
/** Brightness by which a cell and its inverse must differ. Painted they differ by 255. */
const CONTRAST = 60;

export const PICTURE = { width: 640, height: 360, cellHeight: 100, framesPerSecond: 15 } as const;

/** The cells of a marker, first row; the second row is its inverse. */
export function cellsOf(marker: number): readonly number[] {
  const bits = Array.from({ length: BITS }, (_, at) => (marker >> (BITS - 1 - at)) & 1);
  return [...LEAD, ...bits];
}

/** Reads a marker from the brightness of both rows of cells; null when it is not a marker. */
export function markerOf(upper: readonly number[], lower: readonly number[]): number | null {
  const differences = upper.map((brightness, at) => brightness - (lower[at] ?? brightness));
  if (differences.length !== LEAD.length + BITS) return null;
  if (differences.some((difference) => Math.abs(difference) < CONTRAST)) return null;
  const cells = differences.map((difference) => (difference > 0 ? 1 : 0));
  if (LEAD.some((cell, at) => cells[at] !== cell)) return null;
  return cells.slice(LEAD.length).reduce<number>((marker, bit) => marker * 2 + bit, 0);
}
