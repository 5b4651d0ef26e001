// What a room's own computer does without being asked: goes into the next meeting, and back to waiting after it.

import type { MeetingSummary } from '../../protocol/generated.ts';
import type { Intent, Step } from '../events.ts';
import { asideAfter, asideFor, isDue, nextMeeting } from '../kiosk.ts';
import type { LeftReason, State } from '../state.ts';
import { askForSeat } from './call.ts';
import { step, withCall } from './step.ts';

/** A list of meetings came: is there one to go into? */
export function onMeetingsWaitedFor(state: State, meetings: readonly MeetingSummary[], now: number): Step {
  const { kiosk } = state;
  if (kiosk === null || state.call.phase !== 'idle' || state.page.name !== 'meetings') return step(state);
  const aside = asideAfter(kiosk, meetings);
  const waiting: State = { ...state, kiosk: { aside } };
  const next = nextMeeting(meetings);
  if (next === null || !isDue(next, now / 1_000)) return step(waiting);
  // A seat that another device has is asked for again and again, for that device may go; what was left is not.
  if (aside?.meeting === next.meeting && aside.why !== 'elsewhere') return step(waiting);
  return askForSeat(waiting, next, 'return', now);
}

export function onKioskIntent(
  state: State,
  intent: Extract<Intent, { type: 'enterNow' | 'quitKiosk' }>,
  now: number,
): Step {
  if (intent.type === 'quitKiosk') return step({ ...state, kiosk: null }, { do: 'quitKiosk' });
  const next = state.meetings.state === 'loaded' ? nextMeeting(state.meetings.value) : null;
  if (state.kiosk === null || state.call.phase !== 'idle' || next === null) return step(state);
  return askForSeat({ ...state, kiosk: { aside: null } }, next, 'back', now);
}

/** Another device has the seat: the room waits beside it. */
export function asideElsewhere(state: State, { meeting }: MeetingSummary): State {
  return { ...withCall(state, { phase: 'idle' }), kiosk: { aside: { meeting, why: 'elsewhere' } } };
}

/** Out of a meeting, for whatever reason: waiting again. */
export function waitingAgain(state: State, { meeting }: MeetingSummary, reason: LeftReason): State {
  return { ...withCall(state, { phase: 'idle' }), kiosk: { aside: asideFor(meeting, reason) } };
}
