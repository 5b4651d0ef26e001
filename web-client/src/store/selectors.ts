// Readings of the state that more than one view needs. Pure functions; nothing here is stored.

import type {
  Action,
  DeviceKind,
  LineQuality,
  QueueEntry,
  Role,
  SeatId,
  SeatView,
  TierView,
  UnitCode,
  UnitView,
} from '../protocol/generated.ts';
import type { SlotKey } from '../protocol/slots.ts';
import { ownMicrophone } from './reduce/facts.ts';
import type { Live, Session, Slot } from './state.ts';
import { allowance } from './wish.ts';

/** Small pictures a client makes room for in its one offer. A host watches a wall; a commune's computer decodes few
 *  pictures, a phone fewer still. The wire allows 25. */
export function mosaicPool(role: Role, device: DeviceKind): number {
  if (device === 'phone') return 2;
  return isHostRole(role) ? 24 : 8;
}

/** Small pictures there is room for now. Without pictures the views keep their pages: a seat's name is still worth its
 *  place. */
export function pictureRoom(live: Live, device: DeviceKind): number {
  const pool = mosaicPool(live.you.role, device);
  const { tiles } = allowance(live.profile, live.computer.level);
  return tiles === 0 ? pool : Math.min(pool, tiles);
}

function isHostRole(role: Role): boolean {
  return role === 'chair' || role === 'secretary' || role === 'operator';
}

/** Whether this seat directs the meeting and gets the host's view. */
export function isHost(live: Live): boolean {
  return may(live, 'direct') || may(live, 'controlMicrophones') || may(live, 'convene');
}

export function may(live: Live, action: Action): boolean {
  return live.you.actions.includes(action);
}

export const myMicrophone = ownMicrophone;

export function onStage(live: Live): SeatView | undefined {
  return live.meeting.stage === undefined ? undefined : live.seats.get(live.meeting.stage);
}

export function onFloor(live: Live): SeatView | undefined {
  return live.meeting.floor === undefined ? undefined : live.seats.get(live.meeting.floor);
}

export function presenting(live: Live): SeatView | undefined {
  return live.meeting.presenter === undefined ? undefined : live.seats.get(live.meeting.presenter);
}

/** Who wants to speak, first come first, with their seats. */
export function speakersQueue(
  live: Live,
): readonly { readonly entry: QueueEntry; readonly seat: SeatView }[] {
  return live.meeting.queue.flatMap((entry) => {
    const seat = live.seats.get(entry.seat);
    return seat === undefined ? [] : [{ entry, seat }];
  });
}

/** The own place in the queue, from 1; null when not registered. */
export function myPlace(live: Live): number | null {
  const index = live.meeting.queue.findIndex((entry) => entry.seat === live.you.seat);
  return index < 0 ? null : index + 1;
}

/** A seat's state in one word, the same everywhere: queue and speech outrank the line, the line outranks presence. */
export type SeatState =
  | 'absent'
  | 'present'
  | 'poor'
  | 'lost'
  | 'left'
  | 'removed'
  | 'registered'
  | 'speaking'
  /** Here, but apart with a branch that one is not of. */
  | 'apart'
  /** Here, but in the plenary while one sits apart. */
  | 'plenary';

export function seatState(live: Live, seat: SeatView): SeatState {
  switch (seat.connection.state) {
    case 'absent':
    case 'lost':
    case 'left':
    case 'removed':
      return seat.connection.state;
    case 'connected':
      if (seat.branch !== live.meeting.branch) return seat.branch === undefined ? 'plenary' : 'apart';
      if (live.meeting.floor === seat.seat) return 'speaking';
      if (live.meeting.queue.some((entry) => entry.seat === seat.seat)) return 'registered';
      return isWeak(live.lines.get(seat.seat)) ? 'poor' : 'present';
    default:
      return seat.connection satisfies never;
  }
}

function isWeak(line: LineQuality | undefined): boolean {
  return line === 'poor' || line === 'lost';
}

/** Sites in protocol order, then persons. */
export function seatsInOrder(live: Live): readonly SeatView[] {
  return [...live.seats.values()].sort((a, b) => a.order - b.order || a.seat.localeCompare(b.seat));
}

/** How many sites there are in a part of the meeting. The only count that is shown: a site is a room; the chair and
 *  other persons are not, wherever they sit. The node's list of meetings counts the same way. */
export type SiteCount = { readonly connected: number; readonly invited: number };

export function isSite(seat: SeatView): boolean {
  return seat.occupant.kind === 'site';
}

export function countSites(seats: Iterable<SeatView>): SiteCount {
  let [connected, invited] = [0, 0];
  for (const seat of seats) {
    if (!isSite(seat)) continue;
    invited += 1;
    if (seat.connection.state === 'connected') connected += 1;
  }
  return { connected, invited };
}

/** Sites of the whole meeting. */
export function siteCount(live: Live): SiteCount {
  return countSites(live.seats.values());
}

/** The slot in which a seat's picture can be seen now, if any: a mosaic slot, else the programme. */
export function pictureSlot(live: Live, seat: SeatId): SlotKey | null {
  const showing = (slot: Slot | undefined): boolean =>
    slot?.shown?.seat === seat && slot.shown.source === 'camera';
  for (const { index, seat: wanted } of live.mosaic) {
    const key: SlotKey = `mosaic${index}`;
    if (wanted === seat && showing(live.slots.get(key))) return key;
  }
  return showing(live.slots.get('programme')) ? 'programme' : null;
}

/** A unit with what sits in it and below it. Units without any seat below them are left out. */
export type Branch = {
  readonly unit: UnitCode;
  readonly name: string;
  readonly tier: string;
  readonly seats: readonly SeatView[];
  readonly branches: readonly Branch[];
  /** Of the unit and everything below it. */
  readonly sites: SiteCount;
};

/** The seats as the tree of units, of any depth, in protocol order, counts rolled up. Units that the list does not
 *  know (it is not loaded yet, or the unit was dissolved since) hang at the top under their seat's own name. */
export function seatTree(live: Live, units: readonly UnitView[]): readonly Branch[] {
  const bySeatUnit = new Map<UnitCode, SeatView[]>();
  for (const seat of seatsInOrder(live)) {
    const here = bySeatUnit.get(seat.occupant.unit);
    if (here === undefined) bySeatUnit.set(seat.occupant.unit, [seat]);
    else here.push(seat);
  }
  const children = new Map<UnitCode | undefined, UnitView[]>();
  const known = new Set(units.map((unit) => unit.code));
  for (const unit of units) {
    const parent = unit.parent !== undefined && known.has(unit.parent) ? unit.parent : undefined;
    const siblings = children.get(parent);
    if (siblings === undefined) children.set(parent, [unit]);
    else siblings.push(unit);
  }
  const branchOf = (unit: UnitView): Branch | null => {
    const below = (children.get(unit.code) ?? []).map(branchOf).filter((branch) => branch !== null);
    const seats = bySeatUnit.get(unit.code) ?? [];
    if (seats.length === 0 && below.length === 0) return null;
    const sites = below.reduce((sum, branch) => add(sum, branch.sites), countSites(seats));
    return { unit: unit.code, name: unit.name, tier: unit.tier, seats, branches: below, sites };
  };
  const roots = (children.get(undefined) ?? []).map(branchOf).filter((branch) => branch !== null);
  const strangers = [...bySeatUnit].flatMap(([unit, seats]): Branch[] => {
    const first = seats[0];
    if (known.has(unit) || first === undefined) return [];
    return [{ unit, name: first.name, tier: first.tier, seats, branches: [], sites: countSites(seats) }];
  });
  return [...roots, ...strangers];
}

function add(a: SiteCount, b: SiteCount): SiteCount {
  return { connected: a.connected + b.connected, invited: a.invited + b.invited };
}

/** A tier's name, which is data; its code if the list does not know it. */
export function tierName(tiers: readonly TierView[], code: string): string {
  return tiers.find((tier) => tier.code === code)?.name ?? code;
}

export function isAdministrator(session: Session): boolean {
  return session.phase === 'signedIn' && session.session.grants.some(({ role }) => role === 'administrator');
}

/** Whoever administers units, and their operators. */
export function looksAfterNodes(session: Session): boolean {
  return (
    session.phase === 'signedIn' &&
    session.session.grants.some(({ role }) => role === 'administrator' || role === 'operator')
  );
}

export function mayConvene(session: Session): boolean {
  return session.phase === 'signedIn' && session.session.grants.some(({ role }) => role === 'convener');
}
