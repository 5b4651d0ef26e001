import { expect, test } from 'vitest';
import { administration as enAdministration } from './en/administration.ts';
import { branches as enBranches } from './en/branches.ts';
import * as enDialogs from './en/dialogs.ts';
import { nodes as enNodes } from './en/nodes.ts';
import { en as enFirst } from './en.ts';
import { fold } from './fold.ts';
import {
  formatCount,
  formatDate,
  formatDecimal,
  formatDuration,
  formatTime,
  parseDateTime,
} from './format.ts';
import { administration as viAdministration } from './vi/administration.ts';
import { branches as viBranches } from './vi/branches.ts';
import * as viDialogs from './vi/dialogs.ts';
import { nodes as viNodes } from './vi/nodes.ts';
import { vi as viFirst } from './vi.ts';

const vi = {
  ...viFirst,
  ...viDialogs,
  branches: viBranches,
  administration: viAdministration,
  nodes: viNodes,
};
const en = {
  ...enFirst,
  ...enDialogs,
  branches: enBranches,
  administration: enAdministration,
  nodes: enNodes,
};

/** Every sentence of a dictionary with its path; functions are called with examples. */
function sentences(value: unknown, path = ''): [string, string][] {
  if (typeof value === 'string') return [[path, value]];
  if (typeof value === 'function')
    return [[path, String((value as (...given: unknown[]) => unknown)('7', '9'))]];
  return Object.entries(value as object).flatMap(([key, inner]) => sentences(inner, `${path}.${key}`));
}

test('no text is empty or broken, in either language', () => {
  for (const [path, sentence] of [...sentences(vi), ...sentences(en)]) {
    expect(sentence.trim(), path).not.toBe('');
    expect(sentence, path).not.toMatch(/undefined|NaN|\[object/);
    expect(sentence, path).toBe(sentence.normalize('NFC'));
  }
});

test('Vietnamese keeps the administrative register', () => {
  const words = /(^|[^\p{L}])(bạn|mic|micrô|share|click|user)([^\p{L}]|$)/iu;
  for (const [path, sentence] of sentences(vi)) {
    if (path === '.common.language.en') continue;
    expect(sentence, path).not.toMatch(words);
    expect(sentence, path).not.toMatch(/!/);
  }
});

test('every refusal and failure says what to do or is final', () => {
  const final = new Set(['ended', 'notAllowed', 'outsideScope', 'passwordChangeRequired']);
  for (const [refusal, sentence] of Object.entries(vi.refusals)) {
    if (!final.has(refusal)) expect(sentence, refusal).toMatch(/Đề nghị|liên hệ/);
  }
  for (const [path, sentence] of sentences(vi.captureFailures)) {
    expect(sentence, path).toMatch(/Đề nghị|Chọn|Bấm|bấm/);
  }
});

test('dates, times and numbers are written as in Vietnam, wherever the computer is', () => {
  const moment = Date.UTC(2026, 6, 15, 0, 30) / 1000;
  expect(formatDate(moment)).toBe('15/07/2026');
  expect(formatTime(moment)).toBe('07:30');
  expect(formatTime(Date.UTC(2026, 6, 14, 17, 0) / 1000)).toBe('00:00');
  expect(formatCount(3321)).toBe('3.321');
  expect(formatDecimal(2.87)).toBe('2,9');
  expect([formatDuration(134), formatDuration(3734), formatDuration(-5)]).toEqual([
    '02:14',
    '1:02:14',
    '00:00',
  ]);
});

test('typed dates are read, and only those that exist', () => {
  expect(parseDateTime('15/07/2026', '07:30')).toBe(Date.UTC(2026, 6, 15, 0, 30) / 1000);
  expect(parseDateTime(' 1/2/2026 ', '7h05')).toBe(Date.UTC(2026, 1, 1, 0, 5) / 1000);
  for (const [date, time] of [
    ['31/02/2026', '07:30'],
    ['15/07/26', '07:30'],
    ['15/07/2026', '24:00'],
    ['15/07/2026', '7'],
    ['', ''],
  ] as const) {
    expect(parseDateTime(date, time), `${date} ${time}`).toBeUndefined();
  }
});

test('folding joins every way of writing a name', () => {
  for (const text of ['Tân An', 'Tân An'.normalize('NFD'), ' TÂN  AN ', 'tan an'])
    expect(fold(text)).toBe('tan an');
  expect(fold('Hoà')).toBe(fold('Hòa'));
  expect(fold('Đắk Lắk')).toBe('dak lak');
});
