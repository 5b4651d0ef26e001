/// <reference types="node" />
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';

// Read as a file: the test runner gives styles out empty.
const css = readFileSync('src/view/css/tokens.css', 'utf8');

/** The custom properties of one rule. */
function tokens(selector: string): ReadonlyMap<string, string> {
  const start = css.indexOf(selector);
  const body = css.slice(css.indexOf('{', start) + 1, css.indexOf('}', start));
  return new Map(
    [...body.matchAll(/--([\w-]+):\s*([^;]+);/g)].map(([, name, value]) => [name ?? '', value ?? '']),
  );
}

function luminance(hex: string): number {
  const channel = (at: number): number => {
    const value = parseInt(hex.slice(at, at + 2), 16) / 255;
    return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
  };
  return 0.2126 * channel(1) + 0.7152 * channel(3) + 0.0722 * channel(5);
}

/** WCAG 2's contrast of two opaque colours. */
function contrast(a: string, b: string): number {
  const [bright = 0, dark = 0] = [luminance(a), luminance(b)].sort((x, y) => y - x);
  return (bright + 0.05) / (dark + 0.05);
}

const texts = ['ink', 'ink-2', 'ink-3', 'primary', 'ok', 'warn', 'danger', 'gold'];
const grounds = ['bg', 'surface', 'surface-2'];
const fills = [
  ['on-primary', 'primary-fill'],
  ['on-primary', 'primary-fill-hover'],
  ['on-danger', 'danger-fill'],
  ['on-danger', 'danger-fill-hover'],
  ['on-gold', 'gold-fill'],
] as const;

test.each(['.theme-light', '.theme-dark'])('%s: text is legible and edges are seen', (theme) => {
  const colours = tokens(`${theme} {`);
  const colour = (name: string): string => {
    const value = colours.get(name);
    if (value === undefined) throw new Error(`${theme} has no ${name}`);
    return value;
  };
  const weak: string[] = [];
  const need = (front: string, ground: string, ratio: number): void => {
    const found = contrast(colour(front), colour(ground));
    if (found < ratio) weak.push(`${front} on ${ground}: ${found.toFixed(2)}`);
  };
  for (const text of texts) for (const ground of grounds) need(text, ground, 4.5);
  for (const [text, fill] of fills) need(text, fill, 4.5);
  for (const ground of grounds) {
    need('line-strong', ground, 3);
    need('focus', ground, 3);
  }
  expect(weak).toEqual([]);
});

test('the name plate is legible over a white picture', () => {
  const root = tokens(':root {');
  // 92 % of #0e151c over white.
  const ground = '#212830';
  const inks = ['plate-ink', 'plate-ink-2', 'plate-gold', 'plate-warn', 'plate-danger'];
  const weak = inks.filter((ink) => !(contrast(root.get(ink) ?? 'missing', ground) >= 4.5));
  expect(weak).toEqual([]);
});
