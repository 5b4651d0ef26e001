// Seats as views list them: the tree of units with its people, and who is shown small beside the stage. Pure.

import type { SeatId, SeatView } from '../protocol/generated.ts';
import type { SlotKey } from '../protocol/slots.ts';
import { sitsHere } from '../store/branches.ts';
import { seatsInOrder, seatState, type Branch, type SiteCount } from '../store/selectors.ts';
import type { Live } from '../store/state.ts';
import { fold } from '../text/fold.ts';
import type { Dictionary } from '../text/vi.ts';
import { makeTree, type Tree, type TreeNode } from './primitives/tree.ts';

export type SeatState = keyof Dictionary['seatStates'];

/** A seat's state as it is shown: before the start, being there is waiting. */
export function shownState(live: Live, seat: SeatView): SeatState {
  const state = seatState(live, seat);
  return state === 'present' && live.meeting.phase === 'waiting' ? 'waiting' : state;
}

export function isPresent(seat: SeatView): boolean {
  return seat.connection.state === 'connected';
}

/** A person's name and position apart ("Nguyễn Văn A, Chánh Văn phòng"); a room has no position. */
export function nameOf(seat: SeatView): { readonly name: string; readonly position: string } {
  const cut = seat.occupant.kind === 'person' ? seat.name.indexOf(', ') : -1;
  return cut < 0
    ? { name: seat.name, position: '' }
    : { name: seat.name.slice(0, cut), position: seat.name.slice(cut + 2) };
}

/** One line of the tree: a seat, a unit without one, or a unit's room with what is below it. */
export type SeatLine = { readonly seat: SeatView | undefined; readonly sites: SiteCount | undefined };

/** The tree of units as rows. A unit's own room is the unit's line; its people and lower units hang below it. */
export function linesOf(branches: readonly Branch[]): Tree<SeatLine> {
  const list: TreeNode<SeatLine>[] = [];
  const visit = (branch: Branch, parent: string | undefined): void => {
    const room = branch.seats.find((seat) => seat.occupant.kind === 'site');
    // What a site shows of itself needs no count.
    const sites =
      branch.sites.invited > 1 || (room === undefined && branch.sites.invited > 0) ? branch.sites : undefined;
    const label = room?.name ?? branch.name;
    const folded = fold(`${label} ${branch.unit}`);
    list.push({ key: branch.unit, parent, label, folded, item: { seat: room, sites } });
    for (const seat of branch.seats) {
      if (seat === room) continue;
      const found = fold(`${seat.name} ${seat.detail}`);
      const item = { seat, sites: undefined };
      list.push({ key: seat.seat, parent: branch.unit, label: seat.name, folded: found, item });
    }
    for (const below of branch.branches) visit(below, branch.unit);
  };
  for (const branch of branches) visit(branch, undefined);
  return makeTree(list);
}

/** Everybody present whose picture can be shown small: the chair first, then who speaks or presents, then in
 *  protocol order. */
export function seatsBeside(live: Live): readonly SeatView[] {
  const { floor, presenter, stage } = live.meeting;
  const rank = (seat: SeatView): number =>
    seat.role === 'chair' ? 0 : seat.seat === floor || seat.seat === presenter ? 1 : 2;
  return seatsInOrder(live)
    .filter(
      (seat) =>
        isPresent(seat) &&
        sitsHere(live, seat) &&
        seat.camera &&
        seat.seat !== live.you.seat &&
        seat.seat !== stage,
    )
    .sort((a, b) => rank(a) - rank(b));
}

/** Whose picture a slot shows right now, which is not always whom it will show next. */
export function shownSeat(live: Live, slot: SlotKey): SeatView | undefined {
  const seat = live.slots.get(slot)?.shown?.seat;
  return seat === undefined ? undefined : live.seats.get(seat);
}

/** Whether the pictures on the screen are no longer fed. */
export function isStale(live: Live): boolean {
  return live.media.state === 'restarting' || live.media.state === 'rejoining';
}

/** Seats by id, those that are there. */
export function seatsOf(live: Live, ids: Iterable<SeatId>): readonly SeatView[] {
  return [...ids].flatMap((id) => live.seats.get(id) ?? []);
}
