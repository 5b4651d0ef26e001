// Which branches sit apart under whom, and which could go. Pure readings of the state.

import type { BranchView, SeatView, UnitCode, UnitView } from '../protocol/generated.ts';
import { isSite, seatsInOrder, seatTree, type Branch } from './selectors.ts';
import type { Live } from './state.ts';

/** Who chairs a branch now: its chair, or the deputy while the chair is not here. */
export function chairOf(live: Live, branch: BranchView): SeatView | undefined {
  const chair = branch.chair === undefined ? undefined : live.seats.get(branch.chair);
  const deputy = branch.deputy === undefined ? undefined : live.seats.get(branch.deputy);
  return chair?.connection.state !== 'connected' && deputy?.connection.state === 'connected' ? deputy : chair;
}

/** Who can chair a branch: who of it is here and takes part, its unit's own room first, then in protocol order. */
export function ableToChair(seats: readonly SeatView[], unit: UnitCode): readonly SeatView[] {
  const rank = (seat: SeatView): number => (seat.occupant.unit === unit ? 0 : 2) + (isSite(seat) ? 0 : 1);
  return seats
    .filter((seat) => seat.connection.state === 'connected' && seat.role !== 'viewer')
    .sort((a, b) => rank(a) - rank(b) || a.order - b.order);
}

/** The seats of a branch that sits apart. */
export function seatsApart(live: Live, unit: UnitCode): readonly SeatView[] {
  return seatsInOrder(live).filter((seat) => seat.branch === unit);
}

/** A branch that could go, with the seats that would go. */
export type Candidate = {
  readonly unit: UnitCode;
  readonly name: string;
  /** How far below the top, from 0. */
  readonly depth: number;
  readonly seats: readonly SeatView[];
};

/** The branches that could go, in the order of the tree: with somebody here who can chair them, without one that sits
 *  apart already, and not the unit that convened, which is the meeting itself. */
export function candidates(live: Live, units: readonly UnitView[]): readonly Candidate[] {
  const gone = new Set(live.meeting.apart.map((branch) => branch.unit));
  const list: Candidate[] = [];
  const visit = (branch: Branch, depth: number): boolean => {
    const at = list.length;
    const apart = gone.has(branch.unit);
    const below = apart ? [] : branch.branches.map((child) => visit(child, depth + 1));
    const touched = apart || below.some((isTouched) => isTouched);
    const seats = seatsBelow(branch).filter(goes);
    const whole = branch.unit === live.meeting.conveningUnit || contains(branch, live.meeting.conveningUnit);
    if (!touched && !whole && ableToChair(seats, branch.unit).length > 0) {
      list.splice(at, 0, { unit: branch.unit, name: branch.name, depth, seats });
    }
    return touched;
  };
  for (const root of seatTree(live, units)) visit(root, 0);
  return list;
}

function seatsBelow(branch: Branch): readonly SeatView[] {
  return [...branch.seats, ...branch.branches.flatMap(seatsBelow)];
}

function contains(branch: Branch, unit: UnitCode): boolean {
  return branch.branches.some((below) => below.unit === unit || contains(below, unit));
}

/** Those who direct the meeting stay with it. */
function goes(seat: SeatView): boolean {
  return seat.role === 'site' || seat.role === 'delegate' || seat.role === 'viewer';
}
