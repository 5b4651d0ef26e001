import { expect, test } from 'vitest';
import type { SeatId, SeatView } from '../../protocol/generated.ts';
import { Crowd } from './crowd.ts';

const seats = (...ids: string[]): SeatView[] =>
  ids.map(
    (id) =>
      ({
        seat: id as SeatId,
        occupant: { kind: id.startsWith('person') ? 'person' : 'site' },
        connection: { state: 'connected', since: 0 },
      }) as SeatView,
  );

test('adds up who came and went, and forgets a flap', () => {
  const crowd = new Crowd();
  crowd.see(seats('a', 'b'));
  expect(crowd.take()).toEqual({ came: 0, went: 0 });
  crowd.see(seats('a'));
  crowd.see(seats('a', 'b', 'c', 'd'));
  expect(crowd.take()).toEqual({ came: 2, went: 0 });
  crowd.see(seats('d'));
  expect(crowd.take()).toEqual({ came: 0, went: 3 });
  expect(crowd.take()).toEqual({ came: 0, went: 0 });
});

test('the chair who comes is no site', () => {
  const crowd = new Crowd();
  crowd.see(seats('a'));
  crowd.take();
  crowd.see(seats('a', 'b', 'person-chair'));
  expect(crowd.take()).toEqual({ came: 1, went: 0 });
});
