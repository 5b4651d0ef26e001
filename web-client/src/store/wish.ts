// From what is on the screen to what is asked of the node: pure arithmetic, whole wishes, no flapping.

import type { MediaProfile, SeatId, ViewWish } from '../protocol/generated.ts';
import type { Showing } from './actions.ts';
import type { Level } from './ladder.ts';
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

/** What a profile and a computer allow at most. Zero heights show nothing. */
export type Allowance = {
  readonly tiles: number;
  readonly tileHeight: number;
  readonly programmeHeight: number;
  readonly slidesHeight: number;
};

const ALL: Allowance = { tiles: 25, tileHeight: 720, programmeHeight: 720, slidesHeight: 720 };

/** By profile: what the steps of web-client.md section 5.6 leave on the line. */
const BY_PROFILE: Record<MediaProfile, Allowance> = {
  full: ALL,
  saver: { ...ALL, tiles: 4, tileHeight: 180, programmeHeight: 360 },
  audioStills: { ...ALL, tiles: 0, tileHeight: 0, programmeHeight: 360 },
  audioOnly: { tiles: 0, tileHeight: 0, programmeHeight: 0, slidesHeight: 0 },
};

/** By how a computer bears it: small pictures go first, since each costs a decoder of its own; what everybody looks at
 *  is never given up. */
const BY_COMPUTER: Record<Level, Allowance> = {
  0: ALL,
  1: { ...ALL, tiles: 6, tileHeight: 180 },
  2: { ...ALL, tiles: 2, tileHeight: 90, programmeHeight: 360 },
};

export function allowance(profile: MediaProfile, computer: Level): Allowance {
  const [a, b] = [BY_PROFILE[profile], BY_COMPUTER[computer]];
  return {
    tiles: Math.min(a.tiles, b.tiles),
    tileHeight: Math.min(a.tileHeight, b.tileHeight),
    programmeHeight: Math.min(a.programmeHeight, b.programmeHeight),
    slidesHeight: Math.min(a.slidesHeight, b.slidesHeight),
  };
}

/** The whole wish for what is shown. */
export function viewWish(
  showing: Showing,
  mosaic: readonly MosaicSeat[],
  { profile, computer, pixelRatio }: Means,
): ViewWish {
  const heights = new Map(showing.tiles.map(({ seat, height }) => [seat, quantised(height, pixelRatio)]));
  const { tileHeight, programmeHeight, slidesHeight } = allowance(profile, computer);
  return {
    profile,
    programmeHeight: Math.min(quantised(showing.programme, pixelRatio), programmeHeight),
    slidesHeight: Math.min(quantised(showing.slides, pixelRatio), slidesHeight),
    mosaic: mosaic.flatMap(({ index, seat }) => {
      const height = Math.min(heights.get(seat) ?? 0, tileHeight);
      return height > 0 ? [{ index, seat, height }] : [];
    }),
  };
}

/** What there is to show it with. */
export type Means = {
  readonly profile: MediaProfile;
  readonly computer: Level;
  readonly pixelRatio: number;
};

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

/** Before the views have told what they show. */
export const NOTHING_ON_SCREEN: Showing = { programme: 0, slides: 0, tiles: [] };
