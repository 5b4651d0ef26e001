import { describe, expect, test } from 'vitest';
import type { AccountId } from '../protocol/generated.ts';
import { mosaicPool, pictureSlot, seatState, seatTree, siteCount, type Branch } from './selectors.ts';
import { joined, liveOf, meeting, run, seat, seatId, unitCode, UNITS } from './testing.ts';

const CHAIR = seat('chair', {
  occupant: { kind: 'person', account: 'c1' as AccountId, unit: unitCode('P') },
  role: 'chair',
});

const live = liveOf(
  run(
    joined(
      'chair',
      [],
      [
        seat('X1', { order: 1 }),
        seat('X2', { order: 2, connection: { state: 'lost', since: 3 } }),
        seat('P', { order: 0, microphone: 'open' }),
        seat('X9', { order: 3, connection: { state: 'absent' } }),
        CHAIR,
      ],
    ),
    [
      { type: 'received', message: { type: 'lines', lines: [[seatId('X1'), 'poor']] } },
      {
        type: 'received',
        message: {
          type: 'changed',
          fact: 2,
          changes: [
            { kind: 'meeting', meeting: meeting({ queue: [{ seat: seatId('P'), since: 1 }], fact: 2 }) },
          ],
        },
      },
    ],
  ).state,
);

const drawn = (branches: readonly Branch[], depth = 0): string[] =>
  branches.flatMap(({ name, sites, branches: below }) => [
    `${'  '.repeat(depth)}${name} ${String(sites.connected)}/${String(sites.invited)}`,
    ...drawn(below, depth + 1),
  ]);

describe('the tree of seats', () => {
  test('counts roll up, unknown units hang at the top', () => {
    expect(drawn(seatTree(live, UNITS))).toEqual([
      'Tỉnh Phú An 2/3',
      '  Xã Tân An 1/1',
      '  Xã Bình Hòa 0/1',
      'Điểm cầu X9 0/1',
    ]);
  });

  test('the roots add up to what the header says: the chair is in the tree and is no site', () => {
    const roots = seatTree(live, UNITS).map(({ sites }) => sites);
    const sum = (of: 'connected' | 'invited'): number => roots.reduce((all, sites) => all + sites[of], 0);
    expect({ connected: sum('connected'), invited: sum('invited') }).toEqual(siteCount(live));
    expect(seatTree(live, UNITS)[0]?.seats).toContainEqual(CHAIR);
  });

  test('depth is data', () => {
    const deep = Array.from({ length: 8 }, (_, level) => ({
      code: unitCode(level === 7 ? 'X1' : `L${String(level)}`),
      name: `Cấp ${String(level)}`,
      tier: UNITS[0]?.tier ?? ('t' as never),
      order: 1,
      ...(level === 0 ? {} : { parent: unitCode(`L${String(level - 1)}`) }),
    }));
    expect(drawn(seatTree(live, deep)).slice(0, 8)).toEqual(
      deep.map(({ name }, level) => `${'  '.repeat(level)}${name} 1/1`),
    );
  });

  test('without units every seat is still there', () => {
    expect(drawn(seatTree(live, []))).toHaveLength(4);
  });
});

test.each([
  ['X1', 'poor'],
  ['X2', 'lost'],
  ['P', 'registered'],
  ['X9', 'absent'],
])('seat %s is %s', (id, state) => {
  const found = live.seats.get(seatId(id));
  expect(found && seatState(live, found)).toBe(state);
});

test('only sites are counted', () => {
  expect(siteCount(live)).toEqual({ connected: 2, invited: 4 });
});

test.each([
  ['chair', 'computer', 24],
  ['operator', 'room', 24],
  ['site', 'room', 8],
  ['chair', 'phone', 2],
] as const)('a %s on a %s makes room for %i small pictures', (role, device, pool) => {
  expect(mosaicPool(role, device)).toBe(pool);
});

test('a picture is found where it is shown, not where it was only announced', () => {
  const slot = { mid: '10', announced: { seat: seatId('X1'), source: 'camera' as const }, frozen: false };
  const asked = { ...live, mosaic: [{ index: 0, seat: seatId('X1') }] };
  const announced = { ...asked, slots: new Map([['mosaic0', { ...slot, shown: null }] as const]) };
  const shown = { ...asked, slots: new Map([['mosaic0', { ...slot, shown: slot.announced }] as const]) };
  expect(pictureSlot(announced, seatId('X1'))).toBeNull();
  expect(pictureSlot(shown, seatId('X1'))).toBe('mosaic0');
});
