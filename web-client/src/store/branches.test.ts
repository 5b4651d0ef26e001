import { describe, expect, test } from 'vitest';
import type { BranchView, SeatView, UnitView } from '../protocol/generated.ts';
import { actionsOf } from './available.ts';
import { myBranch, ownCandidate } from './branches.ts';
import { ableToChair, candidates, chairOf } from './candidates.ts';
import type { Intent } from './events.ts';
import { seatState } from './selectors.ts';
import type { State } from './state.ts';
import { joined, liveOf, meeting, run, seat, seatId, unitCode } from './testing.ts';

const unit = (code: string, parent: string | undefined, order: number): UnitView => {
  const view = { code: unitCode(code), name: `Đơn vị ${code}`, tier: 'cap' as UnitView['tier'], order };
  return parent === undefined ? view : { ...view, parent: unitCode(parent) };
};
const UNITS = [
  unit('P', undefined, 1),
  unit('D1', 'P', 1),
  unit('D2', 'P', 2),
  unit('X1', 'D1', 1),
  unit('X2', 'D1', 2),
];

const at = (id: string, order: number, parent: string, change: Partial<SeatView> = {}): SeatView =>
  seat(id, { order, parent: unitCode(parent), camera: true, ...change });
const SEATS = [at('D1', 1, 'P'), at('X1', 2, 'D1'), at('X2', 3, 'D1'), at('D2', 4, 'P')];
const D1: BranchView = {
  unit: unitCode('D1'),
  name: 'Đơn vị D1',
  since: 5,
  chair: seatId('D1'),
  deputy: seatId('X1'),
};

/** This seat is X1. `gone` sit apart with D1. */
function apart(state: State, gone: readonly string[], inside: boolean, fact = 2): State {
  const view = meeting({ apart: [D1], fact, ...(inside ? { branch: D1.unit } : {}) });
  const seats = SEATS.filter((each) => gone.includes(each.seat)).map((each) => ({
    ...each,
    branch: D1.unit,
  }));
  return run(state, [
    {
      type: 'received',
      message: {
        type: 'changed',
        fact,
        changes: [
          { kind: 'meeting', meeting: view },
          ...seats.map((each) => ({ kind: 'seat', seat: each }) as const),
        ],
      },
    },
  ]).state;
}

describe('who sits apart', () => {
  const state = apart(joined('site', ['speak'], SEATS), ['D1', 'X1', 'X2'], true);
  const live = liveOf(state);

  test('is told so, and knows nothing of the others but that they are there', () => {
    expect(myBranch(live)).toEqual(D1);
    expect(state.notices.at(-1)?.text).toEqual({ kind: 'satApart', name: 'Đơn vị D1' });
    const other = live.seats.get(seatId('D2'));
    expect(other).toMatchObject({ camera: false, microphone: 'locked' });
    expect(other === undefined ? '' : seatState(live, other)).toBe('plenary');
    expect(live.seats.get(seatId('X2'))).toMatchObject({ camera: true });
  });

  test('comes back, and is told that too', () => {
    const changes = [
      { kind: 'meeting', meeting: meeting({ fact: 3 }) } as const,
      ...SEATS.map((each) => ({ kind: 'seat', seat: each }) as const),
    ];
    const after = run(state, [{ type: 'received', message: { type: 'changed', fact: 3, changes } }]).state;
    expect(myBranch(liveOf(after))).toBeNull();
    expect(after.notices.at(-1)?.text).toEqual({ kind: 'satTogether' });
    expect(liveOf(after).seats.get(seatId('D2'))).toMatchObject({ camera: true });
  });

  test('its deputy is shown as chair only while the chair is not here', () => {
    expect(chairOf(live, D1)?.seat).toBe('D1');
    const lost = { ...SEATS[0], branch: D1.unit, connection: { state: 'lost', since: 6 } } as SeatView;
    const seats = new Map([...live.seats, [lost.seat, lost]]);
    expect(chairOf({ ...live, seats }, D1)?.seat).toBe('X1');
  });
});

describe('who stays', () => {
  const live = liveOf(apart(joined('chair', ['direct', 'detach'], SEATS), ['D1', 'X2'], false));

  test('sees who is apart and not what goes on there', () => {
    const gone = live.seats.get(seatId('X2'));
    expect(gone).toMatchObject({ camera: false, microphone: 'locked' });
    expect(gone === undefined ? '' : seatState(live, gone)).toBe('apart');
  });

  test('is offered branches with somebody here to chair them, and none that touches one apart', () => {
    const open = liveOf(joined('chair', ['detach'], SEATS));
    expect(candidates(open, UNITS).map((each) => each.unit)).toEqual(['D1', 'X1', 'X2', 'D2']);
    expect(candidates(live, UNITS).map((each) => each.unit)).toEqual(['D2']);
    const seats = SEATS.map((each) =>
      each.seat === 'D2' ? at('D2', 4, 'P', { connection: { state: 'absent' } }) : each,
    );
    expect(
      candidates(liveOf(joined('chair', ['detach'], seats)), UNITS).map((each) => each.unit),
    ).not.toContain('D2');
    expect(ableToChair(SEATS.slice(0, 3), unitCode('D1')).map((each) => each.seat)).toEqual([
      'D1',
      'X1',
      'X2',
    ]);
  });
});

describe('what can be done', () => {
  const intents = (state: State, act: (actions: ReturnType<typeof actionsOf>) => void): readonly Intent[] => {
    const told: Intent[] = [];
    act(
      actionsOf(
        state,
        (intent) => told.push(intent),
        () => 'm' as never,
      ),
    );
    return told;
  };

  test('a host detaches and brings back, a chair of a branch only brings its own back', () => {
    const host = joined('chair', ['detach'], SEATS);
    expect(intents(host, (a) => a.detachBranch?.(D1.unit, null, null))).toEqual([
      { type: 'request', message: { type: 'detachBranch', unit: 'D1', chair: null, deputy: null } },
    ]);
    expect(intents(host, (a) => a.nameBranchChair?.(D1.unit, 'X1' as never))).toEqual([
      { type: 'request', message: { type: 'nameBranchChair', unit: 'D1', seat: 'X1' } },
    ]);
    const inside = apart(joined('site', ['detach', 'direct'], SEATS), ['D1', 'X1', 'X2'], true);
    const actions = actionsOf(
      inside,
      () => undefined,
      () => 'm' as never,
    );
    expect([actions.detachBranch, actions.chooseDetaching]).toEqual([undefined, undefined]);
    expect(intents(inside, (a) => a.sitTogether?.())).toEqual([
      { type: 'request', message: { type: 'returnBranch', unit: 'D1' } },
    ]);
  });

  test('a room is offered its own branch only if it has somebody below it and may', () => {
    const below = [...SEATS, at('X9', 5, 'X1')];
    expect(ownCandidate(liveOf(joined('site', ['detachOwn'], below)))).toBe('X1');
    expect(ownCandidate(liveOf(joined('site', ['detachOwn'], SEATS)))).toBeNull();
    expect(ownCandidate(liveOf(joined('site', [], below)))).toBeNull();
  });
});
