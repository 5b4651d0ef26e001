// A room's own computer that nobody sits at: it waits for the next meeting of its site, goes in by itself and comes back
// to waiting. Which meeting is next, and whether it is entered without being asked, is decided here.

import type { MeetingId, MeetingSummary } from '../protocol/generated.ts';
import type { LeftReason } from './state.ts';

/** A computer in this mode; everything else of it is as anywhere. */
export type Kiosk = { readonly aside: Aside | null };

/** A meeting that is not entered by itself although it is there: what was left stays left until somebody says
 *  otherwise. */
export type Aside = { readonly meeting: MeetingId; readonly why: Why };

export type Why =
  | Exclude<LeftReason['kind'], 'ended' | 'problem' | 'replaced'>
  /** Another device sits at the site's seat; the seat is taken when that one goes. */
  | 'elsewhere';

/** Rooms are there before the start, so that the host sees who is missing and nobody misses the first words. */
export const EARLY_SECONDS = 15 * 60;

/** The meeting to wait for: one that runs before one that is planned, then the earliest. */
export function nextMeeting(meetings: readonly MeetingSummary[]): MeetingSummary | null {
  const rank = ({ phase }: MeetingSummary): number => (phase === 'running' ? 0 : 1);
  const [next] = meetings
    .filter(({ phase }) => phase !== 'ended')
    .sort((a, b) => rank(a) - rank(b) || a.starts - b.starts);
  return next ?? null;
}

/** Whether the room goes in now. */
export function isDue(meeting: MeetingSummary, nowSeconds: number): boolean {
  return meeting.phase === 'running' || meeting.starts - nowSeconds <= EARLY_SECONDS;
}

/** What is aside after a new list. A meeting that is gone is forgotten. One from which the room was put out is not
 *  listed: once it is again, the room has been invited back, and goes in. */
export function asideAfter({ aside }: Kiosk, meetings: readonly MeetingSummary[]): Aside | null {
  const listed = meetings.some(({ meeting }) => meeting === aside?.meeting);
  return listed === (aside?.why !== 'removed') ? aside : null;
}

/** What is put aside when a meeting was left for this reason. A broken line or a full node is no wish to stay out. */
export function asideFor(meeting: MeetingId, reason: LeftReason): Aside | null {
  if (reason.kind === 'ended' || reason.kind === 'problem') return null;
  return { meeting, why: reason.kind === 'replaced' ? 'elsewhere' : reason.kind };
}
