// Branches that sit apart: where one sits, and what is known from there. Pure readings of the state; what only the
// meeting's own views ask is in `candidates.ts`, so that the first screen does not carry it.

import type { BranchView, MeetingView, SeatView, UnitCode } from '../protocol/generated.ts';
import { isSite, may } from './selectors.ts';
import type { Live } from './state.ts';

/** A seat as it is known here: what goes on where one does not sit is not told, and what was known of it before says
 *  nothing. */
export function asKnown(seat: SeatView, meeting: MeetingView): SeatView {
  if (seat.branch === meeting.branch) return seat;
  return { ...seat, microphone: 'locked', camera: false, mayPresent: false };
}

/** Whether a seat sits where one sits. */
export function sitsHere(live: Live, seat: SeatView): boolean {
  return seat.branch === live.meeting.branch;
}

/** The branch one sits apart with; null in the plenary. */
export function myBranch(live: Live): BranchView | null {
  return live.meeting.apart.find((branch) => branch.unit === live.meeting.branch) ?? null;
}

/** The own branch, if this seat may let it go: a room with others of the meeting below it. */
export function ownCandidate(live: Live): UnitCode | null {
  const seat = live.seats.get(live.you.seat);
  if (seat === undefined || !may(live, 'detachOwn') || live.meeting.phase !== 'running') return null;
  const { unit } = seat.occupant;
  const below = [...live.seats.values()].some((other) => other.parent === unit && isSite(other));
  return below && unit !== live.meeting.conveningUnit ? unit : null;
}
