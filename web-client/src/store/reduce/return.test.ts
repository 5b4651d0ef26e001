import { describe, expect, test } from 'vitest';
import type { MeetingSummary } from '../../protocol/generated.ts';
import type { State } from '../state.ts';
import type { Found } from '../stay.ts';
import {
  joined,
  liveOf,
  meeting,
  run,
  seat,
  seatId,
  SESSION,
  snapshot,
  START,
  SUMMARY,
  welcome,
} from '../testing.ts';

function loadedAnew(found: Found, camera: 'on' | 'off' = 'on'): State {
  const stay = { account: SESSION.account, meeting: SUMMARY.meeting, camera: camera === 'on' };
  return { ...START, returning: { stay, found } };
}

const signsIn = (meetings: readonly MeetingSummary[] = [SUMMARY]) =>
  [
    { type: 'session', session: SESSION },
    { type: 'meetings', meetings },
  ] as const;

describe('a page that is loaded anew in a meeting', () => {
  test('goes back past the lobby, with the devices it had', () => {
    const { state, effects } = run(loadedAnew('tab'), signsIn());
    expect(state.call).toMatchObject({ phase: 'joining', way: 'back' });
    expect(effects).toContainEqual({ do: 'askTicket', meeting: SUMMARY.meeting });
    expect(effects).toContainEqual({ do: 'capture', source: 'camera' });
    expect(effects).toContainEqual({ do: 'capture', source: 'microphone' });
  });

  test('leaves a camera off that was off', () => {
    const { effects } = run(loadedAnew('tab', 'off'), signsIn());
    expect(effects).not.toContainEqual({ do: 'capture', source: 'camera' });
    expect(effects).toContainEqual({ do: 'capture', source: 'microphone' });
  });

  test('takes its own seat without asking; a reopened browser asks if another device has it', () => {
    const ticket = { type: 'ticket', ticket: 't' as never, replaces: true } as const;
    const tab = run(loadedAnew('tab'), [...signsIn(), ticket]);
    expect(tab.effects).toContainEqual(expect.objectContaining({ do: 'startCall', ticket: 't' }));
    const browser = run(loadedAnew('browser'), [...signsIn(), ticket]);
    expect(browser.state.call.phase).toBe('replacing');
    const free = run(loadedAnew('browser'), [...signsIn(), { ...ticket, replaces: false }]);
    expect(free.effects).toContainEqual(expect.objectContaining({ do: 'startCall' }));
  });

  test.each([
    ['the meeting is over', [{ ...SUMMARY, phase: 'ended' as const }]],
    ['it is not in the list', []],
  ])('stays outside when %s', (_, meetings) => {
    const { state } = run(loadedAnew('tab'), signsIn(meetings));
    expect(state.call.phase).toBe('idle');
    expect(state.returning).toBeNull();
  });

  test('stays outside when somebody else signs in', () => {
    const other = { ...SESSION, account: 'a2' as typeof SESSION.account };
    const { state } = run(loadedAnew('tab'), [
      { type: 'session', session: other },
      { type: 'meetings', meetings: [SUMMARY] },
    ]);
    expect(state.call.phase).toBe('idle');
  });

  test('waits for a node that is not there yet', () => {
    const { state } = run(loadedAnew('tab'), [
      { type: 'session', session: SESSION },
      { type: 'meetingsFailed', problem: { kind: 'unreachable' } },
      { type: 'meetings', meetings: [SUMMARY] },
    ]);
    expect(state.call.phase).toBe('joining');
  });

  test('goes back once: who leaves is not fetched in again by the next list', () => {
    const { state } = run(loadedAnew('tab'), [
      ...signsIn(),
      { type: 'leave' },
      { type: 'backToMeetings' },
      { type: 'meetings', meetings: [SUMMARY] },
    ]);
    expect(state.call.phase).toBe('idle');
  });
});

describe('what stood open when the page went away', () => {
  const back = (change: Parameters<typeof meeting>[0]) =>
    run(loadedAnew('tab'), [
      ...signsIn(),
      { type: 'ticket', ticket: 't' as never, replaces: true },
      { type: 'received', message: { type: 'welcome', ...welcome('site', ['speak']) } },
      {
        type: 'received',
        message: { type: 'snapshot', ...snapshot([seat('X1'), seat('X2')], { meeting: meeting(change) }) },
      },
    ]);

  test('an invitation is told again', () => {
    const { state } = back({ floor: seatId('X1') });
    expect(liveOf(state).invitation).not.toBeNull();
    expect(liveOf(state).meeting.floor).toBe(seatId('X1'));
  });

  test('nobody waits for a screen that is not shared any more', () => {
    const { effects } = back({ presenter: seatId('X1') });
    expect(effects).toContainEqual({ do: 'send', message: { type: 'stopPresenting' } });
    const others = back({ presenter: seatId('X2') });
    expect(others.effects).not.toContainEqual({ do: 'send', message: { type: 'stopPresenting' } });
  });
});

test('who comes in again from the page after the meeting finds the camera as it was', () => {
  const inside = joined('site', ['speak', 'showCamera']);
  const bye = { type: 'callEnded', bye: 'replaced' } as const;
  const off = run(inside, [bye, { type: 'rejoin' }]);
  expect(off.effects).not.toContainEqual({ do: 'capture', source: 'camera' });
  const on = run(inside, [{ type: 'captureStarted', source: 'camera', label: 'c' }, bye, { type: 'rejoin' }]);
  expect(on.effects).toContainEqual({ do: 'capture', source: 'camera' });
});
