import { expect, test } from 'vitest';
import type { AccountId } from '../../protocol/generated.ts';
import { siteCount } from '../../store/selectors.ts';
import { joined, liveOf, meeting, run, seat, seatId, unitCode } from '../../store/testing.ts';
import { kept } from './filter.ts';

const person = seat('person', {
  occupant: { kind: 'person', account: 'a9' as AccountId, unit: unitCode('P') },
  role: 'delegate',
});
const inside = joined(
  'chair',
  [],
  [seat('X1'), seat('X2', { connection: { state: 'absent' } }), seat('X3'), person],
);
const queue = [
  { seat: seatId('X3'), since: 1 },
  { seat: seatId('person'), since: 2 },
];
const live = liveOf(
  run(inside, [
    {
      type: 'received',
      message: { type: 'changed', fact: 2, changes: [{ kind: 'meeting', meeting: meeting({ queue }) }] },
    },
  ]).state,
);

test('attendance beside the filters is the attendance in the header', () => {
  expect(kept('all', live)).toBe(siteCount(live).invited);
  expect(kept('present', live)).toBe(siteCount(live).connected);
  expect(kept('absent', live)).toBe(siteCount(live).invited - siteCount(live).connected);
});

test('a person who wants to speak is one of those to be asked', () => {
  expect(kept('registered', live)).toBe(2);
});
