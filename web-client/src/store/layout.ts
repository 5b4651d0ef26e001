// Where pictures go: pure arithmetic on sizes in CSS pixels. Faces are shown between 4:3 and 17:9; what does not fit
// that is cropped by the element, never stretched.

export type Size = { readonly width: number; readonly height: number };
export type Rectangle = Size & { readonly x: number; readonly y: number };

/** Widest and narrowest shape of a small picture. */
const WIDEST = 17 / 9;
const NARROWEST = 4 / 3;
const PICTURE = 16 / 9;

/** Below this a name plate no longer fits into a small picture. */
export const TILE_MIN_WIDTH = 160;

/** A grid of equal tiles that covers as much of a place as their shape allows. */
export type Grid = { readonly columns: number; readonly rows: number; readonly tile: Size };

export function arrangeTiles(place: Size, count: number, gap: number): Grid {
  const none: Grid = { columns: 0, rows: 0, tile: { width: 0, height: 0 } };
  if (count <= 0 || place.width <= 0 || place.height <= 0) return none;
  let best = none;
  for (let columns = 1; columns <= count; columns += 1) {
    const rows = Math.ceil(count / columns);
    const tile = shaped({
      width: (place.width - gap * (columns - 1)) / columns,
      height: (place.height - gap * (rows - 1)) / rows,
    });
    if (tile.width * tile.height > best.tile.width * best.tile.height) best = { columns, rows, tile };
  }
  return best;
}

/** The largest size of an allowed shape within a cell, in whole pixels. */
function shaped(cell: Size): Size {
  const width = Math.min(cell.width, cell.height * WIDEST);
  const height = Math.min(cell.height, width / NARROWEST);
  return { width: Math.max(0, Math.floor(width)), height: Math.max(0, Math.floor(height)) };
}

/** Each tile's place; the grid is centred, and so is an incomplete last row. */
export function tileRectangles(place: Size, count: number, gap: number): readonly Rectangle[] {
  const { columns, rows, tile } = arrangeTiles(place, count, gap);
  const top = (place.height - rows * tile.height - (rows - 1) * gap) / 2;
  return Array.from({ length: columns === 0 ? 0 : count }, (_, index) => {
    const row = Math.floor(index / columns);
    const inRow = Math.min(columns, count - row * columns);
    const left = (place.width - inRow * tile.width - (inRow - 1) * gap) / 2;
    const column = index - row * columns;
    return {
      x: Math.floor(left + column * (tile.width + gap)),
      y: Math.floor(top + row * (tile.height + gap)),
      ...tile,
    };
  });
}

/** How many tiles of a readable size fit at once, at most `pool`: the size of a page. */
export function tilesPerPage(place: Size, gap: number, pool: number): number {
  let count = 0;
  while (count < pool && arrangeTiles(place, count + 1, gap).tile.width >= TILE_MIN_WIDTH) count += 1;
  return count;
}

/** One page of a list, and how many pages there are. A page beyond the end is the last one. */
export type Page<T> = { readonly items: readonly T[]; readonly page: number; readonly pages: number };

export function pageOf<T>(items: readonly T[], wanted: number, perPage: number): Page<T> {
  if (perPage <= 0) return { items: [], page: 0, pages: 0 };
  const pages = Math.max(1, Math.ceil(items.length / perPage));
  const page = Math.min(Math.max(0, wanted), pages - 1);
  return { items: items.slice(page * perPage, (page + 1) * perPage), page, pages };
}

/** The programme with a strip of small pictures beside or below it. */
export type StageLayout = {
  readonly stage: Rectangle;
  /** Second large picture: slides beside the speaker; null when nothing is presented. */
  readonly slides: Rectangle | null;
  readonly strip: Rectangle | null;
  /** How many tiles of the strip fit. */
  readonly stripTiles: number;
  readonly tile: Size;
};

/** Height of a strip's tiles at most, as a part of the place. */
const STRIP_PART = 1 / 6;

/** Lays the stage out. Slides, when there are any, take the larger part: their text must stay legible. */
export function stageLayout(
  place: Size,
  options: { readonly slides: boolean; readonly tiles: number; readonly gap: number },
): StageLayout {
  const { gap } = options;
  const upright = place.height > place.width;
  const tile = stripTile(place);
  const fit = Math.max(1, Math.floor((place.width + gap) / (tile.width + gap)));
  const stripTiles = tile.width < TILE_MIN_WIDTH && !upright ? 0 : Math.min(options.tiles, fit);
  const stripHeight = stripTiles === 0 ? 0 : tile.height;
  const room = { width: place.width, height: place.height - (stripHeight === 0 ? 0 : stripHeight + gap) };
  const strip =
    stripTiles === 0 ? null : { x: 0, y: room.height + gap, width: place.width, height: stripHeight };
  return { ...largePictures(room, options.slides, gap, upright), strip, stripTiles, tile };
}

function stripTile(place: Size): Size {
  const height = Math.floor(Math.max(90, place.height * STRIP_PART));
  const width = Math.floor(height * PICTURE);
  return width <= place.width
    ? { width, height }
    : { width: place.width, height: Math.floor(place.width / PICTURE) };
}

function largePictures(
  room: Size,
  slides: boolean,
  gap: number,
  upright: boolean,
): Pick<StageLayout, 'stage' | 'slides'> {
  if (!slides) return { stage: { x: 0, y: 0, ...room }, slides: null };
  if (upright) {
    const half = Math.floor((room.height - gap) / 2);
    return {
      slides: { x: 0, y: 0, width: room.width, height: half },
      stage: { x: 0, y: half + gap, width: room.width, height: room.height - half - gap },
    };
  }
  const wide = Math.floor((room.width - gap) * 0.7);
  return {
    slides: { x: 0, y: 0, width: wide, height: room.height },
    stage: { x: wide + gap, y: 0, width: room.width - wide - gap, height: room.height },
  };
}
