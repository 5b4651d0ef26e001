// What a change of the meeting means for this seat: its microphone, its floor, its presentation. Both ways a change
// can come (a list of changes, a whole snapshot after a reconnect) end here, so that they cannot differ.

import type { Change, Microphone, SeatId, SeatView, Snapshot } from '../../protocol/generated.ts';
import { asKnown, myBranch } from '../branches.ts';
import type { Effect, Step } from '../events.ts';
import type { Invitation, Live, NoticeText, State } from '../state.ts';
import { notify, withLive } from './step.ts';

/** How long a room that opens its microphone by itself is warned before. */
export const INVITATION_WARNING_MS = 5_000;

/** The meeting after some changes. */
export function changed(live: Live, fact: number, changes: readonly Change[]): Live {
  let { meeting, you } = live;
  const seats = new Map(live.seats);
  for (const change of changes) {
    switch (change.kind) {
      case 'meeting':
        meeting = change.meeting;
        break;
      case 'seat':
        seats.set(change.seat.seat, change.seat);
        break;
      case 'you':
        you = change.you;
        break;
      default:
        change satisfies never;
    }
  }
  return seated(live, { meeting, you, seats, fact: Math.max(live.fact, fact) });
}

/** The meeting as it is known from where one sits. */
export function seated(before: Live, after: Pick<Live, 'meeting' | 'you' | 'seats' | 'fact'>): Live {
  const { meeting } = after;
  const moved = before.meeting.branch !== meeting.branch;
  const seats = new Map([...after.seats].map(([id, seat]) => [id, asKnown(seat, meeting)]));
  // Whoever was pinned may sit elsewhere now, and nobody is heard whom one does not know of yet.
  return { ...before, ...after, seats, ...(moved ? { pinned: null, speaking: [] } : {}) };
}

/** All pages of one snapshot, or null while some are missing. Pages of an older one are dropped. */
export function gather(pages: readonly Snapshot[], page: Snapshot): readonly Snapshot[] {
  return [...pages.filter((other) => other.fact === page.fact && other.page !== page.page), page];
}

export function whole(pages: readonly Snapshot[]): boolean {
  const first = pages[0];
  return first !== undefined && pages.length >= first.of;
}

export function seatsOf(pages: readonly Snapshot[]): ReadonlyMap<SeatId, SeatView> {
  return new Map(pages.flatMap((page) => page.seats).map((seat) => [seat.seat, seat]));
}

/** Puts the new meeting into the state and does what its difference to the old one asks for. */
export function settle(state: State, before: Live, after: Live, now: number): Step {
  const microphone = settleMicrophone(before, after);
  const floor = settleFloor(state, before, after, now);
  const presenting = settlePresenting(before, after);
  const started = before.meeting.phase === 'waiting' && after.meeting.phase === 'running';
  const moved = settleSitting(before, after);
  const told: readonly NoticeText[] = [
    ...moved,
    ...(started ? [{ kind: 'meetingStarted' } as const] : []),
    ...(moved.length === 0 ? floor.told : []),
    // A change of the microphone that comes with the floor is told by the floor, and all of it by going elsewhere.
    ...(floor.told.length === 0 && moved.length === 0 ? microphone.told : []),
    ...presenting.told,
  ];
  const next = withLive(state, () => ({ ...after, invitation: floor.invitation }));
  return {
    state: told.reduce(notify, next),
    effects: [...microphone.effects, ...floor.effects, ...presenting.effects],
  };
}

/** Stops the screen here and says so, so that nobody waits for its picture. */
export function withdrawScreen(): readonly Effect[] {
  return [
    { do: 'stopCapture', source: 'screen' },
    { do: 'send', message: { type: 'setSource', source: 'screen', presence: 'off' } },
  ];
}

type Told = { readonly told: readonly NoticeText[]; readonly effects: readonly Effect[] };

export function ownMicrophone(live: Live): Microphone {
  return live.seats.get(live.you.seat)?.microphone ?? 'locked';
}

function settleMicrophone(before: Live, after: Live): Told {
  const was = ownMicrophone(before);
  const is = ownMicrophone(after);
  if (was === is) return { told: [], effects: [] };
  const effects: Effect[] = [{ do: 'sendMicrophone', open: is === 'open' }];
  if (was === 'open') effects.push({ do: 'chime', sound: 'closed' });
  if (is === 'locked') return { told: [{ kind: 'microphoneLocked' }], effects };
  if (was === 'locked' && is === 'off') return { told: [{ kind: 'microphoneAllowed' }], effects };
  return { told: [], effects };
}

function settleFloor(
  state: State,
  before: Live,
  after: Live,
  now: number,
): Told & { readonly invitation: Invitation | null } {
  const me = after.you.seat;
  const had = before.meeting.floor === me;
  const has = after.meeting.floor === me;
  if (had && !has) return { told: [{ kind: 'speechEnded' }], effects: [], invitation: null };
  const open = ownMicrophone(after) === 'open';
  if (!had && has && !open) {
    const byItself = state.settings.openWhenInvited && state.devices.microphone.state === 'on';
    return {
      told: [{ kind: 'invited' }],
      effects: [
        { do: 'chime', sound: 'invited' },
        ...(byItself ? [{ do: 'remindInvitation', afterMs: INVITATION_WARNING_MS } as const] : []),
      ],
      invitation: { since: now, opensAt: byItself ? now + INVITATION_WARNING_MS : null },
    };
  }
  return { told: [], effects: [], invitation: open ? null : after.invitation };
}

function settleSitting(before: Live, after: Live): readonly NoticeText[] {
  if (before.meeting.branch === after.meeting.branch) return [];
  const branch = myBranch(after);
  return [branch === null ? { kind: 'satTogether' } : { kind: 'satApart', name: branch.name }];
}

function settlePresenting(before: Live, after: Live): Told {
  const me = after.you.seat;
  if (before.meeting.presenter !== me || after.meeting.presenter === me) return { told: [], effects: [] };
  return { told: [{ kind: 'presentingStopped' }], effects: withdrawScreen() };
}
