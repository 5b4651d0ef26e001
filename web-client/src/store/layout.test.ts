import { describe, expect, test } from 'vitest';
import { arrangeTiles, pageOf, stageLayout, tileRectangles, tilesPerPage, type Rectangle } from './layout.ts';

const HD = { width: 1920, height: 1080 };
const LAPTOP = { width: 1366, height: 768 };
const PHONE = { width: 360, height: 640 };

test.each([
  [HD, 1, 1, 1],
  [HD, 2, 2, 1],
  [HD, 4, 2, 2],
  [HD, 9, 3, 3],
  [HD, 10, 4, 3],
  [HD, 25, 5, 5],
  [PHONE, 2, 1, 2],
  [PHONE, 6, 2, 3],
])('%o with %i tiles has %i columns and %i rows', (place, count, columns, rows) => {
  const grid = arrangeTiles(place, count, 8);
  expect([grid.columns, grid.rows]).toEqual([columns, rows]);
});

describe('for every place and count', () => {
  const places = [HD, LAPTOP, PHONE, { width: 1000, height: 100 }, { width: 100, height: 1000 }];
  const inside = (place: { width: number; height: number }, { x, y, width, height }: Rectangle) =>
    x >= 0 && y >= 0 && x + width <= place.width && y + height <= place.height;
  const apart = (a: Rectangle, b: Rectangle) =>
    a.x + a.width <= b.x || b.x + b.width <= a.x || a.y + a.height <= b.y || b.y + b.height <= a.y;

  test('tiles are inside, apart, and of an allowed shape', () => {
    for (const place of places) {
      for (let count = 1; count <= 30; count += 1) {
        const tiles = tileRectangles(place, count, 8);
        expect(tiles).toHaveLength(count);
        for (const [index, tile] of tiles.entries()) {
          expect(inside(place, tile)).toBe(true);
          // Whole pixels may miss the shape by less than one.
          expect(tile.width / (tile.height + 1)).toBeLessThanOrEqual(17 / 9);
          expect((tile.width + 1) / tile.height).toBeGreaterThanOrEqual(4 / 3);
          for (const other of tiles.slice(index + 1)) expect(apart(tile, other)).toBe(true);
        }
      }
    }
  });

  test('stage, slides and strip are inside and apart', () => {
    for (const place of [HD, LAPTOP, PHONE]) {
      for (const slides of [true, false]) {
        const { stage, slides: second, strip } = stageLayout(place, { slides, tiles: 8, gap: 8 });
        const parts = [stage, second, strip].filter((part) => part !== null);
        for (const [index, part] of parts.entries()) {
          expect(inside(place, part)).toBe(true);
          for (const other of parts.slice(index + 1)) expect(apart(part, other)).toBe(true);
        }
        expect((second === null) === !slides).toBe(true);
      }
    }
  });
});

test('nothing to show takes no place', () => {
  expect(tileRectangles(HD, 0, 8)).toEqual([]);
  expect(tileRectangles({ width: 0, height: 0 }, 4, 8)).toEqual([]);
});

test('a page holds as many readable tiles as fit, never more than the pool', () => {
  expect(tilesPerPage(HD, 8, 24)).toBe(24);
  expect(tilesPerPage(PHONE, 8, 24)).toBe(12);
  expect(tilesPerPage({ width: 100, height: 100 }, 8, 24)).toBe(0);
});

test.each([
  [0, [1, 2], 0],
  [1, [3, 4], 1],
  [2, [5], 2],
  [9, [5], 2],
  [-1, [1, 2], 0],
])('page %i of five items by two', (wanted, items, page) => {
  expect(pageOf([1, 2, 3, 4, 5], wanted, 2)).toEqual({ items, page, pages: 3 });
});
