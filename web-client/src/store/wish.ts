// From what is on the screen to what is asked of the node: pure arithmetic, whole wishes, no flapping.

import type { MediaProfile, SeatId, ViewWish } from '../protocol/generated.ts';
import type { Showing } from './actions.ts';
import type { MosaicSeat } from './state.ts';

/** Heights that are asked for. More steps would make the node switch layers at every move of a window. */
const HEIGHTS = [90, 180, 360, 720] as const;

/** A picture may be stretched this much before the next larger one is asked for. */
const STRETCH = 1.15;

/** Beyond this, sharper pictures cost more line and decoder than eyes can tell. */
const PIXEL_RATIO_MAX = 1.5;

/** A change that shows something new is sent after this long, so that a moving layout makes one request. */
const SETTLE_MS = 100;

/** A change that only hides waits longer: a tile scrolled out for a moment keeps its picture. */
const HIDE_MS = 1_000;

/** The asked height for a picture of this many CSS pixels. */
export function quantised(height: number, pixelRatio: number): number {
  if (height <= 0) return 0;
  const device = height * Math.min(pixelRatio, PIXEL_RATIO_MAX);
  return HEIGHTS.find((step) => device <= step * STRETCH) ?? HEIGHTS[HEIGHTS.length - 1] ?? 0;
}

/** Gives every shown seat a mosaic slot. A seat keeps its slot as long as it is shown, so that only new pictures
 *  need a switch; seats beyond the pool get none. */
export function assignMosaic(
  before: readonly MosaicSeat[],
  shown: readonly SeatId[],
  pool: number,
): readonly MosaicSeat[] {
  const wanted = shown.slice(0, pool);
  const kept = before.filter(({ index, seat }) => index < pool && wanted.includes(seat));
  const free: number[] = [];
  for (let index = 0; index < pool; index += 1) {
    if (!kept.some((entry) => entry.index === index)) free.push(index);
  }
  const fresh = wanted
    .filter((seat) => !kept.some((entry) => entry.seat === seat))
    .flatMap((seat, position) => {
      const index = free[position];
      return index === undefined ? [] : [{ index, seat }];
    });
  return [...kept, ...fresh].sort((a, b) => a.index - b.index);
}

/** The whole wish for what is shown. */
export function viewWish(
  showing: Showing,
  mosaic: readonly MosaicSeat[],
  profile: MediaProfile,
  pixelRatio: number,
): ViewWish {
  const heights = new Map(showing.tiles.map(({ seat, height }) => [seat, quantised(height, pixelRatio)]));
  return {
    profile,
    programmeHeight: quantised(showing.programme, pixelRatio),
    slidesHeight: quantised(showing.slides, pixelRatio),
    mosaic: mosaic.flatMap(({ index, seat }) => {
      const height = heights.get(seat) ?? 0;
      return height > 0 ? [{ index, seat, height }] : [];
    }),
  };
}

/** How long to wait before sending a wish: longer if it only takes away. */
export function settleMs(before: ViewWish, after: ViewWish): number {
  const grew =
    after.profile !== before.profile ||
    after.programmeHeight > before.programmeHeight ||
    after.slidesHeight > before.slidesHeight ||
    after.mosaic.some((wish) => {
      const old = before.mosaic.find(({ index, seat }) => index === wish.index && seat === wish.seat);
      return old === undefined || wish.height > old.height;
    });
  return grew ? SETTLE_MS : HIDE_MS;
}

/** Whether two wishes ask for the same. */
export function sameView(a: ViewWish, b: ViewWish): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}

export const NOTHING_SHOWN: ViewWish = { profile: 'full', programmeHeight: 0, slidesHeight: 0, mosaic: [] };
