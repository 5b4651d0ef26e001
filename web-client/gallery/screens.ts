// Every screen as a state. Actions are the real ones, so what is available is what would be.

import type { PublishDemand, PublishSource, SeatId, SeatView, Ticket } from '../src/protocol/generated.ts';
import type { SlotKey } from '../src/protocol/slots.ts';
import { initialState } from '../src/store/initial.ts';
import { UNTROUBLED } from '../src/store/ladder.ts';
import { DEFAULT_SETTINGS } from '../src/store/settings.ts';
import type { Call, Devices, LeftReason, Live, Slot, State } from '../src/store/state.ts';
import { NOTHING_ON_SCREEN } from '../src/store/wish.ts';
import { maps } from './nodes.ts';
import {
  accounts,
  meeting,
  meetingId,
  NOW,
  personSeats,
  session,
  siteSeats,
  siteSession,
  summaries,
  units,
  apartMeeting,
  cutMeeting,
} from './people.ts';

const summary = summaries[0];
if (summary === undefined) throw new Error('there is a meeting');

const start = initialState(DEFAULT_SETTINGS, 1, 'computer', { returning: null, kiosk: null });

const devices: Devices = {
  ...start.devices,
  cameras: [{ id: 'c1', label: 'Logitech Rally Camera (046d:0881)' }],
  microphones: [
    { id: 'm1', label: 'Bàn trộn âm USB – kênh 1/2 (08bb:2902)' },
    { id: 'm2', label: 'Micro máy tính' },
  ],
  speakers: [{ id: 's1', label: 'Loa hội trường (Realtek Audio)' }],
  camera: { state: 'on', label: 'Logitech Rally Camera' },
  microphone: { state: 'on', label: 'Bàn trộn âm USB' },
  level: { value: 0.62, loudness: 'good' },
};

const signedIn: State = {
  ...start,
  session: { phase: 'signedIn', session },
  meetings: { state: 'loaded', value: summaries },
  units: { state: 'loaded', value: units },
  devices,
};
const asSite: State = { ...signedIn, session: { phase: 'signedIn', session: siteSession } };

const nothing: Record<PublishSource, PublishDemand> = {
  microphone: 'high',
  camera: 'low',
  screen: 'paused',
  screenAudio: 'paused',
};

function slot(seat: string, source: PublishSource = 'camera'): Slot {
  const shown = { seat: seat as SeatId, source };
  return { mid: '1', announced: shown, shown, frozen: false };
}

function live(change: Partial<Live>, me: SeatView, host: boolean): Call {
  const seats = new Map([...siteSeats(), ...personSeats()].map((seat) => [seat.seat, seat]));
  seats.set(me.seat, me);
  const shown = ['p1', 's-T01', 's-C0', 's-C1', 's-X001', 's-X002', 's-X003', 's-X005', 's-X006', 's-X008'];
  const mosaic = shown.map((seat, index) => ({ index, seat: seat as SeatId }));
  const slots = new Map<SlotKey, Slot>([['programme', slot('s-X000')]]);
  for (const { index, seat } of mosaic) slots.set(`mosaic${index}`, slot(seat));
  return {
    phase: 'live',
    summary: summary as NonNullable<typeof summary>,
    you: {
      seat: me.seat,
      role: me.role,
      actions: host
        ? [
            'speak',
            'showCamera',
            'present',
            'convene',
            'direct',
            'controlMicrophones',
            'controlPresenting',
            'manageSeats',
            'watch',
          ]
        : ['speak', 'showCamera', 'register'],
    },
    meeting,
    seats,
    fact: 311,
    slots,
    speaking: ['s-X000' as SeatId],
    lines: new Map([
      [me.seat, 'good'],
      ['s-X005' as SeatId, 'poor'],
    ]),
    media: { state: 'flowing' },
    socket: { state: 'up' },
    demand: nothing,
    mosaic,
    profile: 'full',
    line: UNTROUBLED,
    computer: UNTROUBLED,
    arrangement: 'stage',
    pinned: null,
    clockOffsetMs: 0,
    invitation: null,
    figures: {
      at: 0,
      roundTripMs: 42,
      sendKbps: 412,
      receiveKbps: 2870,
      received: [
        {
          slot: 'programme',
          kind: 'video',
          codec: 'VP8',
          kbps: 1190,
          packetsLost: 3,
          framesDecoded: 20100,
          framesPerSecond: 25,
          height: 720,
          freezes: 0,
          audioEnergy: 0,
        },
      ],
      load: { dropped: 0, busy: 0.04, decoding: 0.12 },
      sent: [{ source: 'camera', rid: 'q', codec: 'VP8', kbps: 118, framesPerSecond: 15, height: 180 }],
    },
    pages: [],
    showing: NOTHING_ON_SCREEN,
    view: { profile: 'full', programmeHeight: 720, slidesHeight: 0, mosaic: [] },
    ...change,
  };
}

const commune = siteSeats().find((seat) => seat.seat === ('s-X001' as SeatId)) as SeatView;
const chair = personSeats()[0] as SeatView;
const delegate = (change: Partial<Live>, microphone: SeatView['microphone'] = 'locked'): State => ({
  ...asSite,
  call: live(change, { ...commune, microphone }, false),
});
const hosting = (change: Partial<Live>): State => ({ ...signedIn, call: live(change, chair, true) });
const left = (reason: LeftReason): State => ({
  ...asSite,
  call: { phase: 'left', summary, reason, camera: true },
});
const { stage: _, floor: __, floorSince: ___, ...nobody } = meeting;
const waitingMeeting = { ...nobody, queue: [], phase: 'waiting' as const, starts: NOW + 754 };
const invited = { ...meeting, stage: commune.seat, floor: commune.seat, floorSince: NOW - 3 };
const presented = { ...meeting, presenter: 's-X000' as SeatId };
const slidesSlots = new Map<SlotKey, Slot>([
  ['programme', slot('s-X000')],
  ['slides', slot('s-X000', 'screen')],
  ['mosaic0', slot('p1')],
  ['mosaic1', slot('s-T01')],
]);

export const screens: Readonly<Record<string, State>> = {
  signin: { ...start, session: { phase: 'signedOut', asking: { state: 'ready' }, who: 'person' } },
  'signin-wrong': {
    ...start,
    session: {
      phase: 'signedOut',
      who: 'site',
      asking: {
        state: 'failed',
        problem: { kind: 'refused', refusal: 'lockedOut', retryAfterSeconds: 240 },
      },
    },
  },
  password: { ...start, session: { phase: 'mustChangePassword', session, asking: { state: 'ready' } } },
  meetings: signedIn,
  'meetings-empty': { ...asSite, meetings: { state: 'loaded', value: [] } },
  create: {
    ...signedIn,
    page: {
      name: 'create',
      asking: { state: 'ready' },
      meeting: meetingId,
      accounts: { state: 'loaded', value: accounts },
    },
  },
  administration: {
    ...signedIn,
    page: {
      name: 'administration',
      asking: { state: 'ready' },
      accounts: { state: 'loaded', value: accounts },
      sites: {
        state: 'loaded',
        value: units.units.slice(0, 9).map((unit) => ({ unit: unit.code, issued: NOW - 86400 })),
      },
      issued: null,
    },
  },
  issued: {
    ...signedIn,
    page: {
      name: 'administration',
      asking: { state: 'ready' },
      accounts: { state: 'loaded', value: accounts },
      sites: { state: 'loaded', value: [] },
      issued: {
        login: 'X001',
        secret: 'K7QM-2XVD-9RTA-HW4P',
        link: 'https://hop.example/#site=X001&secret=K7QM2XVD9RTAHW4P',
        qr: '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 21 21"><path d="M0 0h7v7H0zM14 0h7v7h-7zM0 14h7v7H0zM9 2h2v3H9zM10 9h4v2h-4zM16 10h3v5h-3zM9 15h3v4H9z"/></svg>',
      },
    },
  },
  ...Object.fromEntries(
    Object.entries(maps).map(([name, value]): [string, State] => [
      `nodes-${name}`,
      { ...signedIn, page: { name: 'nodes', map: { state: 'loaded', value }, stale: null } },
    ]),
  ),
  'nodes-stale': {
    ...signedIn,
    page: {
      name: 'nodes',
      map: { state: 'loaded', value: maps.lost },
      stale: { kind: 'unreachable' },
    },
  },
  lobby: { ...asSite, call: { phase: 'lobby', summary, asking: { state: 'ready' } } },
  'lobby-blocked': {
    ...asSite,
    devices: {
      ...start.devices,
      camera: { state: 'failed', why: 'denied' },
      microphone: { state: 'failed', why: 'missing' },
    },
    call: { phase: 'lobby', summary, asking: { state: 'ready' } },
  },
  replacing: { ...asSite, call: { phase: 'replacing', summary, ticket: 't' as Ticket } },
  waiting: delegate({ meeting: waitingMeeting }),
  delegate: delegate({}),
  'delegate-queued': delegate(
    { meeting: { ...meeting, queue: [...meeting.queue, { seat: commune.seat, since: NOW - 5 }] } },
    'off',
  ),
  'delegate-empty': delegate({ meeting: { ...nobody, queue: [] }, slots: new Map(), mosaic: [] }),
  'delegate-slides': delegate({
    meeting: presented,
    slots: slidesSlots,
    mosaic: [
      { index: 0, seat: 'p1' as SeatId },
      { index: 1, seat: 's-T01' as SeatId },
    ],
  }),
  invited: delegate(
    { meeting: invited, invitation: { since: NOW * 1000, opensAt: NOW * 1000 + 5000 } },
    'off',
  ),
  speaking: delegate({ meeting: invited, slots: new Map([['programme', slot('s-X001')]]) }, 'open'),
  lost: delegate({
    media: { state: 'rejoining', since: NOW * 1000 - 12_000 },
    socket: { state: 'resuming', since: NOW * 1000 - 12_000 },
  }),
  blocked: {
    ...delegate({}),
    devices: { ...devices, soundBlocked: true, camera: { state: 'off' }, microphone: { state: 'off' } },
    notices: [{ id: 1, text: { kind: 'captureFailed', source: 'microphone', why: 'missing' } }],
  },
  host: hosting({}),
  'host-notice': {
    ...hosting({}),
    notices: [{ id: 1, text: { kind: 'problem', problem: { kind: 'refused', refusal: 'offerRejected' } } }],
  },
  saver: {
    ...delegate({ profile: 'saver' }),
    notices: [{ id: 1, text: { kind: 'lowered', to: 'saver' } }],
  },
  'audio-only': delegate({ profile: 'audioOnly', slots: new Map(), mosaic: [] }),
  returning: {
    ...asSite,
    call: { phase: 'joining', summary, since: 0, way: 'back', welcome: null, pages: [], early: [] },
  },
  'delegate-notice': {
    ...delegate({}),
    notices: [{ id: 1, text: { kind: 'talkingWhileOff' } }],
  },
  'meetings-notice': { ...signedIn, notices: [{ id: 1, text: { kind: 'meetingCreated' } }] },
  'host-apart': hosting({ meeting: apartMeeting }),
  'delegate-cut': delegate({ meeting: cutMeeting }),
  'host-waiting': hosting({ meeting: waitingMeeting }),
  'host-slides': hosting({ meeting: presented, slots: slidesSlots }),
  ended: left({ kind: 'ended' }),
  replaced: left({ kind: 'replaced' }),
  removed: left({ kind: 'removed' }),
  left: left({ kind: 'own' }),
  refused: left({ kind: 'problem', problem: { kind: 'refused', refusal: 'notInvited' } }),
};
