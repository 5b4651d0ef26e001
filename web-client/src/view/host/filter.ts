// Which lines of the site tree a filter keeps, and which branches are open at first. Pure.

import { countSites } from '../../store/selectors.ts';
import type { Live } from '../../store/state.ts';
import type { Tree } from '../primitives/tree.ts';
import { isPresent, shownState, type SeatLine } from '../seats.ts';

export type Filter = 'all' | 'present' | 'trouble' | 'absent' | 'registered';

export function keeps(filter: Filter, live: Live, line: SeatLine): boolean {
  if (line.seat === undefined) return false;
  const state = shownState(live, line.seat);
  switch (filter) {
    case 'all':
      return true;
    case 'present':
      return isPresent(line.seat);
    case 'trouble':
      return state === 'poor' || state === 'lost';
    case 'absent':
      return state === 'absent' || state === 'left';
    case 'registered':
      return state === 'registered';
    default:
      return filter satisfies never;
  }
}

/** The number beside a filter. Attendance counts sites, as the header and the tree do; what waits for an answer counts
 *  every seat, for a person who wants to speak is waiting too. */
export function kept(filter: Filter, live: Live): number {
  const seats = [...live.seats.values()].filter((seat) => keeps(filter, live, { seat, sites: undefined }));
  switch (filter) {
    case 'all':
    case 'present':
    case 'absent':
      return countSites(seats).invited;
    case 'trouble':
    case 'registered':
      return seats.length;
    default:
      return filter satisfies never;
  }
}

/** Everything is open while that stays readable, else the roots alone. */
const OPEN_AT_MOST = 60;

export function openedBranches(tree: Tree<SeatLine>): ReadonlySet<string> {
  const branches = [...tree.children.keys()].filter((key) => key !== undefined);
  if (tree.nodes.size <= OPEN_AT_MOST) return new Set(branches);
  return new Set((tree.children.get(undefined) ?? []).map((node) => node.key));
}
