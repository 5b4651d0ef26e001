import { describe, expect, test } from 'vitest';
import type { MeetingId, MeetingSummary } from '../protocol/generated.ts';
import type { Event } from './events.ts';
import { EARLY_SECONDS, isDue, nextMeeting } from './kiosk.ts';
import type { State } from './state.ts';
import { joined, run, SESSION, START, SUMMARY } from './testing.ts';

const NOW = 2_000_000;
const later = (seconds: number, change: Partial<MeetingSummary> = {}): MeetingSummary => ({
  ...SUMMARY,
  phase: 'waiting',
  starts: NOW / 1_000 + seconds,
  ...change,
});
const named = (id: string, one: MeetingSummary): MeetingSummary => ({ ...one, meeting: id as MeetingId });

const room: State = { ...START, kiosk: { aside: null } };
const lists = (...meetings: readonly MeetingSummary[]): Event => ({ type: 'meetings', meetings });
const waits = (...meetings: readonly MeetingSummary[]): readonly Event[] => [
  { type: 'session', session: SESSION },
  lists(...meetings),
];
const ticket = (replaces: boolean): Event => ({ type: 'ticket', ticket: 't' as never, replaces });
const asks = { do: 'askTicket', meeting: SUMMARY.meeting };
const inside = joined('site', ['speak', 'showCamera', 'register'], undefined, room);

test('one that runs is next before one that is planned, then the earliest; one that has ended is never next', () => {
  const [soon, running, ended] = [
    named('soon', later(-60)),
    named('running', later(600, { phase: 'running' })),
    named('ended', later(-900, { phase: 'ended' })),
  ];
  expect(nextMeeting([soon, running, ended])).toBe(running);
  expect(nextMeeting([named('far', later(900)), ended, soon])).toBe(soon);
  expect(nextMeeting([ended])).toBeNull();
});

test.each([
  [EARLY_SECONDS + 1, 'waiting', false],
  [EARLY_SECONDS, 'waiting', true],
  [-3_600, 'waiting', true],
  [EARLY_SECONDS + 1, 'running', true],
] as const)('%i seconds before the start, %s: entered by itself: %s', (seconds, phase, due) => {
  expect(isDue(later(seconds, { phase }), NOW / 1_000)).toBe(due);
});

describe("a room's own computer", () => {
  test('waits while it is too early, then goes in by itself, past the lobby', () => {
    const early = run(room, waits(later(EARLY_SECONDS + 60)));
    expect(early.state.call.phase).toBe('idle');
    expect(early.effects).not.toContainEqual(asks);
    const due = run(early.state, [lists(later(EARLY_SECONDS - 1))]);
    expect(due.effects).toContainEqual(asks);
    const went = run(due.state, [ticket(false)]);
    expect(went.effects).toContainEqual({ do: 'capture', source: 'camera' });
    expect(went.effects).toContainEqual(expect.objectContaining({ do: 'startCall' }));
  });

  test('somebody who sits at a computer is not taken anywhere', () => {
    const { state, effects } = run(START, waits(SUMMARY));
    expect(state.call.phase).toBe('idle');
    expect(effects).not.toContainEqual(asks);
  });

  test('waits again after the end, with its devices off', () => {
    const { state, effects } = run(inside, [{ type: 'callEnded', bye: 'ended' }]);
    expect(state.call.phase).toBe('idle');
    expect(state.kiosk).toEqual({ aside: null });
    expect(effects).toContainEqual({ do: 'stopCapture', source: 'camera' });
    expect(effects).toContainEqual({ do: 'stopCapture', source: 'microphone' });
    expect(run(state, [lists({ ...SUMMARY, phase: 'ended' })]).effects).not.toContainEqual(asks);
  });

  test('stays out of a meeting that was left until somebody says otherwise', () => {
    const left = run(inside, [{ type: 'leave' }, lists(SUMMARY)]);
    expect(left.state.call.phase).toBe('idle');
    expect(left.effects).not.toContainEqual(asks);
    expect(run(left.state, [{ type: 'enterNow' }]).effects).toContainEqual(asks);
    const other = named('m2', SUMMARY);
    expect(run(left.state, [lists(other)]).effects).toContainEqual({ ...asks, meeting: 'm2' });
  });

  test('put out, it goes in again once it is invited back', () => {
    const out = run(inside, [{ type: 'callEnded', bye: 'removed' }, lists()]);
    expect(out.state.kiosk?.aside?.why).toBe('removed');
    expect(run(out.state, [lists(SUMMARY)]).effects).toContainEqual(asks);
  });

  test('never takes the seat from another device by itself, and takes it when that one goes', () => {
    const taken = run(room, [...waits(SUMMARY), ticket(true)]);
    expect(taken.state.call.phase).toBe('idle');
    expect(taken.state.kiosk?.aside?.why).toBe('elsewhere');
    expect(taken.effects).not.toContainEqual({ do: 'capture', source: 'camera' });
    const free = run(taken.state, [lists(SUMMARY), ticket(false)]);
    expect(free.effects).toContainEqual(expect.objectContaining({ do: 'startCall' }));
    const pressed = run(taken.state, [{ type: 'enterNow' }, ticket(true)]);
    expect(pressed.effects).toContainEqual(expect.objectContaining({ do: 'startCall' }));
  });

  test('comes again by itself after a failure, but not at once', () => {
    const failed = run(inside, [{ type: 'callFailed', problem: { kind: 'unreachable' } }]);
    expect(failed.effects).not.toContainEqual({ do: 'loadMeetings' });
    expect(run(failed.state, [lists(SUMMARY)]).effects).toContainEqual(asks);
  });

  test('becomes a page for persons', () => {
    const { state, effects } = run(run(room, waits()).state, [{ type: 'quitKiosk' }, lists(SUMMARY)]);
    expect(state.kiosk).toBeNull();
    expect(effects).toContainEqual({ do: 'quitKiosk' });
    expect(effects).not.toContainEqual(asks);
  });
});
