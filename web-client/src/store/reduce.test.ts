import { describe, expect, test } from 'vitest';
import type { AccountView, Change, ServerMessage, SlotState } from '../protocol/generated.ts';
import type { Event } from './events.ts';
import { reduce } from './reduce.ts';
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
} from './testing.ts';

const ACCOUNT: AccountView = {
  account: 'a7' as AccountView['account'],
  username: 'can-bo',
  name: 'Nguyễn Văn An',
  unit: 'T1' as AccountView['unit'],
  state: 'active',
  grants: [],
};
const received = (message: ServerMessage): Event => ({ type: 'received', message });
const changes = (fact: number, ...list: Change[]): Event =>
  received({ type: 'changed', fact, changes: list });
const own = (microphone: 'locked' | 'off' | 'open'): Change => ({
  kind: 'seat',
  seat: seat('X1', { microphone }),
});

describe('signing in', () => {
  test('a missing session asks for credentials, a wrong one says why', () => {
    const { state } = run(START, [{ type: 'sessionMissing' }]);
    expect(state.session).toEqual({ phase: 'signedOut', asking: { state: 'ready' }, who: 'person' });
    const wrong = run(state, [
      { type: 'signIn', as: { kind: 'person', username: 'a', password: 'b' } },
      { type: 'sessionFailed', problem: { kind: 'refused', refusal: 'wrongCredential' } },
    ]);
    expect(wrong.state.session).toEqual({
      phase: 'signedOut',
      asking: { state: 'failed', problem: { kind: 'refused', refusal: 'wrongCredential' } },
      who: 'person',
    });
  });

  test('a site whose session is over finds its own form, and nothing of the meeting it was in', () => {
    const signedOut = { kind: 'refused', refusal: 'signedOut' } as const;
    const inside = joined('site', ['speak']);
    const told = { ...inside, notices: [{ id: 1, text: { kind: 'meetingStarted' } as const }] };
    const { state } = run(told, [{ type: 'callFailed', problem: signedOut }]);
    expect(state.session).toMatchObject({ phase: 'signedOut', who: 'site' });
    expect(state.notices).toEqual([]);
    const out = run(told, [{ type: 'callEnded', bye: 'removed' }]);
    expect(out.state.notices).toEqual([]);
  });

  test('an account that is disabled stays in the list, as disabled, and a refusal is said', () => {
    const administration = run(run(START, [{ type: 'session', session: SESSION }]).state, [
      { type: 'showAdministration' },
      { type: 'accounts', accounts: [ACCOUNT, { ...ACCOUNT, account: 'a9' as never }] },
    ]).state;
    const disable = { type: 'setAccountState', account: ACCOUNT.account, to: 'disabled' } as const;
    const asked = run(administration, [disable]);
    expect(asked.effects).toEqual([{ do: 'setAccountState', account: ACCOUNT.account, to: 'disabled' }]);
    const done = run(asked.state, [{ type: 'accountChanged', account: { ...ACCOUNT, state: 'disabled' } }]);
    expect(done.state.page).toMatchObject({
      asking: { state: 'ready' },
      accounts: { value: [{ state: 'disabled' }, { state: 'active' }] },
    });
    expect(done.state.notices.map(({ text }) => text)).toEqual([
      { kind: 'accountDisabled', name: ACCOUNT.name },
    ]);
    const problem = { kind: 'refused', refusal: 'outsideScope' } as const;
    const refused = run(asked.state, [{ type: 'administrationFailed', problem }]);
    expect(refused.state.page).toMatchObject({ asking: { state: 'failed', problem } });
  });

  test('a map that could not be fetched again stays, and says so', () => {
    const map = { here: 'goc' as never, now: 1, version: '1', nodes: [] };
    const problem = { kind: 'unreachable' } as const;
    const signed = run(START, [{ type: 'session', session: SESSION }]).state;
    const opened = run(signed, [{ type: 'showNodes' }]);
    expect(opened.effects).toEqual([{ do: 'loadNodes' }]);
    const failed = run(opened.state, [{ type: 'nodesFailed', problem }]).state;
    expect(failed.page).toMatchObject({ map: { state: 'failed', problem } });
    const shown = run(opened.state, [{ type: 'nodes', map }]).state;
    const stale = run(shown, [{ type: 'showNodes' }, { type: 'nodesFailed', problem }]).state;
    expect(stale.page).toEqual({ name: 'nodes', map: { state: 'loaded', value: map }, stale: problem });
    expect(run(stale, [{ type: 'nodes', map }]).state.page).toMatchObject({ stale: null });
  });

  test('a first password is changed before anything else', () => {
    const { state } = run(START, [{ type: 'session', session: { ...SESSION, mustChangePassword: true } }]);
    expect(state.session.phase).toBe('mustChangePassword');
    const { state: after, effects } = run(state, [{ type: 'passwordChanged' }]);
    expect(after.session.phase).toBe('signedIn');
    expect(effects).toContainEqual({ do: 'loadMeetings' });
  });

  test('a session that ends in a meeting closes the meeting and its devices', () => {
    const live = joined('site', ['speak']);
    const { state, effects } = run(live, [
      { type: 'callFailed', problem: { kind: 'refused', refusal: 'signedOut' } },
    ]);
    expect(state.session.phase).toBe('signedOut');
    expect(state.call.phase).toBe('idle');
    expect(effects).toContainEqual({ do: 'endCall', leave: 'silently' });
    expect(effects).toContainEqual({ do: 'stopCapture', source: 'camera' });
  });

  test('a repeated request to make a meeting carries the same id', () => {
    const draft = {
      title: 'Giao ban',
      kind: 'briefing',
      conveningUnit: SUMMARY.conveningUnit,
      starts: 1,
      sites: [],
      staff: [],
      noStateSecrets: true,
    } as const;
    const { effects } = run(START, [
      { type: 'showCreate', meeting: SUMMARY.meeting },
      { type: 'createMeeting', draft: { ...draft, sites: [], staff: [] } },
      { type: 'meetingFailed', problem: { kind: 'unreachable' } },
      { type: 'createMeeting', draft: { ...draft, sites: [], staff: [] } },
    ]);
    const bodies = effects.filter((effect) => effect.do === 'createMeeting');
    expect(bodies.map(({ body }) => body.meeting)).toEqual([SUMMARY.meeting, SUMMARY.meeting]);
  });
});

describe('coming in', () => {
  test('another device of the seat is replaced only when asked', () => {
    const lobby = run(START, [
      { type: 'session', session: SESSION },
      { type: 'meetings', meetings: [SUMMARY] },
      { type: 'enterLobby', meeting: SUMMARY.meeting },
      { type: 'join' },
      { type: 'ticket', ticket: 't' as never, replaces: true },
    ]);
    expect(lobby.state.call.phase).toBe('replacing');
    expect(lobby.effects.some((effect) => effect.do === 'startCall')).toBe(false);
    expect(run(lobby.state, [{ type: 'keepOther' }]).state.call.phase).toBe('lobby');
    const replaced = run(lobby.state, [{ type: 'joinReplacing' }]);
    expect(replaced.state.call.phase).toBe('joining');
    expect(replaced.effects.some((effect) => effect.do === 'startCall')).toBe(true);
  });

  test('a meeting is entered only when every page of the snapshot is there, in any order', () => {
    const lobby = run(START, [
      { type: 'session', session: SESSION },
      { type: 'meetings', meetings: [SUMMARY] },
      { type: 'enterLobby', meeting: SUMMARY.meeting },
      { type: 'join' },
      { type: 'ticket', ticket: 't' as never, replaces: false },
      received({ type: 'welcome', ...welcome('site', []) }),
      received({ type: 'snapshot', ...snapshot([seat('X2')], { page: 2, of: 2 }) }),
      // Comes before the meeting is known and must not be lost.
      received({ type: 'speaking', seats: [seatId('X2')] }),
    ]);
    expect(lobby.state.call.phase).toBe('joining');
    const { state } = run(lobby.state, [
      received({ type: 'snapshot', ...snapshot([seat('X1')], { page: 1, of: 2 }) }),
    ]);
    const live = liveOf(state);
    expect([...live.seats.keys()].sort()).toEqual(['X1', 'X2']);
    expect(live.speaking).toEqual(['X2']);
  });

  test.each([
    ['replaced', { kind: 'replaced' }],
    ['removed', { kind: 'removed' }],
    ['revoked', { kind: 'revoked' }],
    ['ended', { kind: 'ended' }],
    ['left', { kind: 'own' }],
  ] as const)('bye %s ends the call for good', (bye, reason) => {
    const { state, effects } = run(joined('site', []), [{ type: 'callEnded', bye }]);
    expect(state.call).toMatchObject({ phase: 'left', reason });
    expect(effects).toContainEqual({ do: 'endCall', leave: 'silently' });
  });

  test('the seat is taken back with a new ticket, without another question', () => {
    const left = run(joined('site', []), [{ type: 'callEnded', bye: 'replaced' }]).state;
    const { state, effects } = run(left, [
      { type: 'rejoin' },
      { type: 'ticket', ticket: 't2' as never, replaces: true },
    ]);
    expect(state.call.phase).toBe('joining');
    expect(effects).toContainEqual({ do: 'askTicket', meeting: SUMMARY.meeting });
    expect(effects.some((effect) => effect.do === 'startCall')).toBe(true);
  });

  test('a camera that opens after the meeting was left is closed again', () => {
    const left = run(joined('site', []), [{ type: 'leave' }]).state;
    const { effects } = run(left, [{ type: 'captureStarted', source: 'camera', label: 'c' }]);
    expect(effects).toEqual([{ do: 'stopCapture', source: 'camera' }]);
  });
});

describe('microphone and floor', () => {
  test('only an open microphone is sent', () => {
    const { state, effects } = run(joined('site', ['speak']), [
      changes(2, own('off')),
      changes(3, own('open')),
    ]);
    expect(effects).toContainEqual({ do: 'sendMicrophone', open: false });
    expect(effects.at(-1)).toEqual({ do: 'sendMicrophone', open: true });
    const locked = run(state, [changes(4, own('locked'))]);
    expect(locked.effects).toEqual([
      { do: 'sendMicrophone', open: false },
      { do: 'chime', sound: 'closed' },
    ]);
    expect(locked.state.notices.map(({ text }) => text.kind)).toContain('microphoneLocked');
  });

  const floor = (): Change => ({ kind: 'meeting', meeting: meeting({ floor: seatId('X1'), fact: 2 }) });

  test('an invitation sounds, shows, and waits for an answer', () => {
    const { state, effects } = run(joined('site', ['speak']), [changes(2, floor(), own('off'))]);
    expect(liveOf(state).invitation).toEqual({ since: 2_000_000, opensAt: null });
    expect(effects).toContainEqual({ do: 'chime', sound: 'invited' });
    expect(state.notices.map(({ text }) => text.kind)).toEqual(['invited']);
    const accepted = run(state, [{ type: 'acceptInvitation' }]);
    expect(accepted.effects).toEqual([{ do: 'send', message: { type: 'openMicrophone' } }]);
    const declined = run(state, [{ type: 'dismissInvitation' }]);
    expect(declined.effects).toEqual([{ do: 'send', message: { type: 'finishSpeech' } }]);
  });

  test('a room that asked for it opens its microphone after the warning, and not before', () => {
    const start = { ...START, settings: { ...START.settings, openWhenInvited: true } };
    const invited = run(joined('site', ['speak'], undefined, start), [changes(2, floor(), own('off'))]);
    expect(invited.effects).toContainEqual({ do: 'remindInvitation', afterMs: 5_000 });
    expect(reduce(invited.state, { type: 'invitationDue' }, 2_004_999).effects).toEqual([]);
    expect(reduce(invited.state, { type: 'invitationDue' }, 2_005_000).effects).toEqual([
      { do: 'send', message: { type: 'openMicrophone' } },
    ]);
    const declined = run(invited.state, [{ type: 'dismissInvitation' }]).state;
    expect(reduce(declined, { type: 'invitationDue' }, 2_005_000).effects).toEqual([]);
  });

  test('the end of a speech is told once', () => {
    const speaking = run(joined('site', ['speak']), [changes(2, floor(), own('open'))]).state;
    const { state } = run(speaking, [changes(3, { kind: 'meeting', meeting: meeting() }, own('locked'))]);
    expect(state.notices.map(({ text }) => text.kind)).toEqual(['speechEnded']);
  });

  test('a snapshot after a reconnect has the same consequences as the changes would have had', () => {
    const open = run(joined('site', ['speak']), [changes(2, own('open'))]).state;
    const { effects } = run(open, [
      { type: 'socketLost' },
      received({ type: 'welcome', ...welcome('site', ['speak']) }),
      received({ type: 'snapshot', ...snapshot([seat('X1')], { fact: 9 }) }),
    ]);
    expect(effects).toContainEqual({ do: 'sendMicrophone', open: false });
  });
});

describe('slots', () => {
  const programme = (who: string | null, rtpTimestamp: number): SlotState => ({
    slot: { kind: 'programme' },
    mid: '8' as SlotState['mid'],
    rtpTimestamp,
    ...(who === null ? {} : { seat: seatId(who), source: 'camera' }),
  });

  test('the plate keeps the old name until the new picture is seen', () => {
    const first = run(joined('site', []), [
      received({ type: 'slots', slots: [programme('X1', 100)] }),
      { type: 'slotFlipped', slot: 'programme' },
      received({ type: 'slots', slots: [programme('X2', 200)] }),
    ]);
    const slot = liveOf(first.state).slots.get('programme');
    expect(slot?.announced?.seat).toBe('X2');
    expect(slot?.shown?.seat).toBe('X1');
    expect(first.effects.at(-1)).toEqual({
      do: 'fillSlot',
      slot: 'programme',
      mid: '8',
      rtpTimestamp: 200,
      empty: false,
    });
    const flipped = run(first.state, [{ type: 'slotFlipped', slot: 'programme' }]).state;
    expect(liveOf(flipped).slots.get('programme')?.shown?.seat).toBe('X2');
  });

  test('an empty slot shows nobody at once', () => {
    const { state } = run(joined('site', []), [
      received({ type: 'slots', slots: [programme('X1', 100)] }),
      { type: 'slotFlipped', slot: 'programme' },
      received({ type: 'slots', slots: [programme(null, 0)] }),
    ]);
    expect(liveOf(state).slots.get('programme')).toEqual({
      mid: '8',
      announced: null,
      shown: null,
      frozen: false,
    });
  });
});

describe('what is asked of the node', () => {
  const WITHDRAWN = [
    { do: 'stopCapture', source: 'screen' },
    { do: 'send', message: { type: 'setSource', source: 'screen', presence: 'off' } },
  ];

  test('a screen that was refused is not left captured', () => {
    const { state, effects } = run(joined('site', ['present']), [
      { type: 'present', on: true },
      { type: 'captureStarted', source: 'screen', label: 's' },
      { type: 'requestRefused', request: { type: 'startPresenting' }, refusal: 'presenterBusy' },
    ]);
    expect(effects).toContainEqual({ do: 'send', message: { type: 'startPresenting' } });
    expect(effects.slice(-2)).toEqual(WITHDRAWN);
    expect(state.notices.at(-1)?.text).toEqual({
      kind: 'problem',
      problem: { kind: 'refused', refusal: 'presenterBusy' },
    });
  });

  test('a screen that somebody else took over is not shown as shared any more', () => {
    const presenter = (id: string, fact: number): Event =>
      changes(fact, { kind: 'meeting', meeting: meeting({ presenter: seatId(id), fact }) });
    const { state, effects } = run(joined('site', ['present']), [
      { type: 'captureStarted', source: 'screen', label: 's' },
      presenter('X1', 2),
      presenter('X2', 3),
    ]);
    expect(effects.slice(-2)).toEqual(WITHDRAWN);
    expect(state.notices.at(-1)?.text.kind).toBe('presentingStopped');
    const closed = run(state, [{ type: 'captureClosed', source: 'screen' }]);
    expect(closed.state.devices.screen.state).toBe('off');
    // It was not this client's presentation any more, so nothing is told about it.
    expect(closed.effects).toEqual([]);
  });

  test('after a reconnect the view and the camera are told again', () => {
    const shown = run(joined('site', ['watch']), [
      { type: 'show', showing: { programme: 700, slides: 0, tiles: [{ seat: seatId('X2'), height: 170 }] } },
      { type: 'captureStarted', source: 'camera', label: 'c' },
      { type: 'socketLost' },
    ]);
    expect(liveOf(shown.state).socket).toEqual({ state: 'resuming', since: 2_000_000 });
    const { state, effects } = run(shown.state, [
      received({ type: 'welcome', ...welcome('site', ['watch'], { resumed: 'caught' }) }),
    ]);
    expect(liveOf(state).socket.state).toBe('up');
    expect(effects).toContainEqual({
      do: 'sendView',
      view: {
        profile: 'full',
        programmeHeight: 720,
        slidesHeight: 0,
        mosaic: [{ index: 0, seat: 'X2', height: 180 }],
      },
    });
    expect(effects).toContainEqual({
      do: 'send',
      message: { type: 'setSource', source: 'camera', presence: 'on' },
    });
  });

  test('showing the same again asks for nothing', () => {
    const show: Event = { type: 'show', showing: { programme: 700, slides: 0, tiles: [] } };
    const first = run(joined('site', []), [show]);
    expect(first.effects.map((effect) => effect.do)).toEqual(['sendView']);
    expect(run(first.state, [show]).effects).toEqual([]);
  });

  test('the same notice is not shown twice and old ones go', () => {
    const problem = (refusal: 'full' | 'internal' | 'ended' | 'notStarted' | 'noSuchSeat'): Event => ({
      type: 'requestRefused',
      request: { type: 'startMeeting' },
      refusal,
    });
    const { state } = run(joined('chair', []), [
      problem('full'),
      problem('full'),
      problem('internal'),
      problem('ended'),
      problem('notStarted'),
      problem('noSuchSeat'),
    ]);
    expect(state.notices).toHaveLength(4);
    expect(new Set(state.notices.map(({ id }) => id)).size).toBe(4);
  });
});

test('the node’s clock is the best of its whole seconds', () => {
  const at = (now: number, serverTime: number, state = joined('site', [])): typeof state =>
    reduce(state, received({ type: 'pong', serverTime }), now).state;
  // Welcome said 2 000 s at 2 000 000 ms: offset 0. A pong just after a second's turn is closer to the truth.
  expect(liveOf(at(2_004_100, 2_005)).clockOffsetMs).toBe(900);
  expect(liveOf(at(2_005_900, 2_005)).clockOffsetMs).toBe(0);
  expect(liveOf(at(2_005_000, 2_065)).clockOffsetMs).toBe(60_000);
});
