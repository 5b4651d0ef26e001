import { describe, expect, test } from 'vitest';
import type { UnitCode } from '../../protocol/generated.ts';
import { draftOf, missingOf, moved, withoutSites, withSites, type Form } from './draft.ts';

const code = (text: string): UnitCode => text as UnitCode;
const [a, b, c] = [code('a'), code('b'), code('c')];

const whole: Form = {
  title: ' Họp giao ban ',
  kind: 'briefing',
  unit: a,
  date: '15/07/2026',
  time: '07:30',
  sites: [a, b],
  staff: [],
  noSecrets: true,
};

describe('a form', () => {
  test('becomes a request with the time of Vietnam', () => {
    const draft = draftOf(whole);
    expect(draft?.title).toBe('Họp giao ban');
    expect(draft?.starts).toBe(Date.UTC(2026, 6, 15, 0, 30) / 1000);
  });

  test.each([
    [{ title: '  ' }, 'title'],
    [{ unit: undefined }, 'unit'],
    [{ date: '31/02/2026' }, 'date'],
    [{ time: '24:00' }, 'time'],
    [{ sites: [] }, 'sites'],
    [{ noSecrets: false }, 'secrets'],
  ] as const)('with %o misses %s', (change, missing) => {
    const form = { ...whole, ...change };
    expect(missingOf(form)).toEqual([missing]);
    expect(draftOf(form)).toBeUndefined();
  });
});

describe('the order of sites', () => {
  test('keeps what is chosen and adds the rest behind', () => {
    expect(withSites([c], [a, c, b])).toEqual([c, a, b]);
    expect(withoutSites([a, b, c], [b])).toEqual([a, c]);
  });

  test('moves one place and stops at the ends', () => {
    expect(moved([a, b, c], c, -1)).toEqual([a, c, b]);
    expect(moved([a, b, c], a, -1)).toEqual([a, b, c]);
    expect(moved([a, b, c], b, 1)).toEqual([a, c, b]);
  });
});
