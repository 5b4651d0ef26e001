import { describe, expect, test } from 'vitest';
import type { Action } from '../protocol/generated.ts';
import type { Actions } from './actions.ts';
import { actionsOf } from './available.ts';
import type { Event } from './events.ts';
import type { State } from './state.ts';
import { joined, meeting, run, seat, seatId, SESSION, START, SUMMARY, unitCode } from './testing.ts';

function available(state: State): readonly (keyof Actions)[] {
  const actions = actionsOf(
    state,
    () => undefined,
    () => SUMMARY.meeting,
  );
  return (Object.keys(actions) as (keyof Actions)[]).filter((name) => actions[name] !== undefined).sort();
}

const ALWAYS: readonly (keyof Actions)[] = [
  'chooseLanguage',
  'chooseProfile',
  'chooseShortcuts',
  'dismissNotice',
];
const also = (state: State): readonly (keyof Actions)[] =>
  available(state).filter((name) => !ALWAYS.includes(name));

test('signed out there is nothing but signing in', () => {
  const state = run(START, [{ type: 'sessionMissing' }]).state;
  expect(also(state)).toEqual(['signIn']);
  const waiting = run(state, [{ type: 'signIn', as: { kind: 'site', code: 'X', secret: 's' } }]).state;
  expect(also(waiting)).toEqual([]);
});

test('grants open pages', () => {
  const signed = (role: 'administrator' | 'convener' | 'operator' | 'viewer'): State =>
    run(START, [
      { type: 'session', session: { ...SESSION, grants: [{ role, unit: unitCode('P') }] } },
      { type: 'meetings', meetings: [] },
    ]).state;
  expect(available(signed('viewer'))).not.toContain('showCreate');
  expect(available(signed('convener'))).toContain('showCreate');
  expect(available(signed('convener'))).not.toContain('showAdministration');
  expect(available(signed('administrator'))).toContain('showAdministration');
  expect(available(signed('administrator'))).toContain('showNodes');
  expect(available(signed('operator'))).toContain('showNodes');
  expect(available(signed('convener'))).not.toContain('showNodes');
});

describe('in a meeting', () => {
  const host: readonly (keyof Actions)[] = [
    'putOnStage',
    'inviteToSpeak',
    'lockAllMicrophones',
    'removeSeat',
    'inviteBack',
    'endMeeting',
    'allowPresenting',
    'inviteSites',
  ];

  test('a site has no host action, whatever it holds otherwise', () => {
    const site = available(joined('site', ['speak', 'showCamera', 'register', 'watch']));
    expect(site.filter((name) => host.includes(name))).toEqual([]);
    expect(site).toContain('register');
    expect(site).not.toContain('startPresenting');
  });

  test.each([
    ['direct', ['putOnStage', 'inviteToSpeak', 'dismissRegistration']],
    [
      'controlMicrophones',
      ['lockAllMicrophones', 'allowAllMicrophones', 'lockMicrophone', 'allowMicrophone'],
    ],
    ['controlPresenting', ['allowPresenting']],
    ['manageSeats', ['inviteSites', 'removeSeat', 'inviteBack']],
    ['convene', ['endMeeting']],
  ] as const)('%s brings its own actions and no others', (action: Action, names) => {
    const bare = also(joined('chair', []));
    const more = also(joined('chair', [action])).filter((name) => !bare.includes(name));
    expect(more).toEqual([...names].sort());
  });

  const own = (microphone: 'locked' | 'off' | 'open'): Event => ({
    type: 'received',
    message: { type: 'changed', fact: 2, changes: [{ kind: 'seat', seat: seat('X1', { microphone }) }] },
  });

  test.each([
    ['locked', false, false],
    ['off', true, false],
    ['open', false, true],
  ] as const)('a microphone that is %s', (microphone, opens, closes) => {
    const names = available(run(joined('site', ['speak']), [own(microphone)]).state);
    expect([names.includes('openMicrophone'), names.includes('closeMicrophone')]).toEqual([opens, closes]);
  });

  test('without a device there is nothing to open', () => {
    const state = run(joined('site', ['speak']), [
      own('off'),
      { type: 'captureFailed', source: 'microphone', why: 'missing' },
    ]).state;
    expect(available(state)).not.toContain('openMicrophone');
    expect(available(state)).toContain('retryDevices');
  });

  test('a registration can be made once and taken back', () => {
    const queued = run(joined('site', ['register']), [
      {
        type: 'received',
        message: {
          type: 'changed',
          fact: 2,
          changes: [{ kind: 'meeting', meeting: meeting({ queue: [{ seat: seatId('X1'), since: 1 }] }) }],
        },
      },
    ]).state;
    expect(available(queued)).toContain('cancelRegistration');
    expect(available(queued)).not.toContain('register');
  });
});

test('a topic is sent trimmed and composed, an empty one not at all', () => {
  const sent: unknown[] = [];
  const actions = actionsOf(
    joined('site', ['register']),
    (intent) => sent.push(intent),
    () => SUMMARY.meeting,
  );
  actions.register?.(' ngân sách '.normalize('NFD'));
  actions.register?.('  ');
  expect(sent).toEqual([
    { type: 'request', message: { type: 'registerToSpeak', topic: 'ngân sách' } },
    { type: 'request', message: { type: 'registerToSpeak', topic: null } },
  ]);
});
