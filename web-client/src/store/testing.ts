// A small meeting for tests: one province, two communes, a chair. Ids are short so that tables read well.

import type {
  Action,
  MeetingId,
  MeetingSummary,
  MeetingView,
  Role,
  SeatId,
  SeatView,
  SessionView,
  Snapshot,
  TierCode,
  UnitCode,
  UnitView,
  Welcome,
} from '../protocol/generated.ts';
import { WIRE_LIMITS } from '../protocol/generated.ts';
import type { Effect, Event } from './events.ts';
import { initialState } from './initial.ts';
import { reduce } from './reduce.ts';
import { DEFAULT_SETTINGS } from './settings.ts';
import type { Live, State } from './state.ts';

export const seatId = (id: string): SeatId => id as SeatId;
export const unitCode = (code: string): UnitCode => code as UnitCode;

export const SUMMARY: MeetingSummary = {
  meeting: 'm1' as MeetingId,
  title: 'Giao ban',
  kind: 'briefing',
  conveningUnit: unitCode('P'),
  conveningName: 'Tỉnh Phú An',
  starts: 1_000,
  phase: 'running',
  role: 'site',
  sites: 2,
  connected: 0,
};

export const SESSION: SessionView = {
  account: 'a1' as SessionView['account'],
  kind: 'site',
  name: 'Xã Tân An',
  unit: unitCode('X1'),
  unitName: 'Xã Tân An',
  grants: [],
  mustChangePassword: false,
};

export const UNITS: readonly UnitView[] = [
  unit('P', 'Tỉnh Phú An', 'province', undefined, 1),
  unit('X1', 'Xã Tân An', 'commune', 'P', 1),
  unit('X2', 'Xã Bình Hòa', 'commune', 'P', 2),
];

function unit(code: string, name: string, tier: string, parent: string | undefined, order: number): UnitView {
  const view = { code: unitCode(code), name, tier: tier as TierCode, order };
  return parent === undefined ? view : { ...view, parent: unitCode(parent) };
}

export function seat(id: string, change: Partial<SeatView> = {}): SeatView {
  return {
    seat: seatId(id),
    occupant: { kind: 'site', unit: unitCode(id) },
    name: `Điểm cầu ${id}`,
    detail: '',
    tier: 'commune' as TierCode,
    parent: unitCode('P'),
    role: 'site',
    order: 1,
    connection: { state: 'connected', since: 1 },
    microphone: 'locked',
    camera: false,
    mayPresent: false,
    ...change,
  };
}

export function meeting(change: Partial<MeetingView> = {}): MeetingView {
  return {
    meeting: SUMMARY.meeting,
    title: SUMMARY.title,
    kind: SUMMARY.kind,
    conveningUnit: SUMMARY.conveningUnit,
    conveningName: SUMMARY.conveningName,
    starts: SUMMARY.starts,
    phase: 'running',
    microphones: 'locked',
    queue: [],
    apart: [],
    detaching: 'hosts',
    fact: 1,
    ...change,
  };
}

export function welcome(role: Role, actions: readonly Action[], change: Partial<Welcome> = {}): Welcome {
  return {
    version: 1,
    you: { seat: seatId('X1'), role, actions: [...actions] },
    resumed: 'fresh',
    resumeToken: 'token' as Welcome['resumeToken'],
    lastRequest: 0,
    serverTime: 2_000,
    limits: WIRE_LIMITS,
    ...change,
  };
}

export function snapshot(seats: readonly SeatView[], change: Partial<Snapshot> = {}): Snapshot {
  return { fact: 1, page: 1, of: 1, meeting: meeting(), seats: [...seats], ...change };
}

/** Runs events one after another and keeps what they asked for. */
export function run(
  state: State,
  events: readonly Event[],
  now = 2_000_000,
): { readonly state: State; readonly effects: readonly Effect[] } {
  let effects: readonly Effect[] = [];
  let present = state;
  for (const event of events) {
    const step = reduce(present, event, now);
    present = step.state;
    effects = [...effects, ...step.effects];
  }
  return { state: present, effects };
}

export const START: State = initialState(DEFAULT_SETTINGS, 1, 'computer', { returning: null, kiosk: null });

/** The way into a meeting, up to the first snapshot. */
export function joined(
  role: Role,
  actions: readonly Action[],
  seats: readonly SeatView[] = [seat('X1'), seat('X2', { order: 2 })],
  start: State = START,
): State {
  const { state } = run(start, [
    { type: 'session', session: SESSION },
    { type: 'meetings', meetings: [{ ...SUMMARY, role }] },
    { type: 'enterLobby', meeting: SUMMARY.meeting },
    { type: 'captureStarted', source: 'microphone', label: 'Micro' },
    { type: 'join' },
    { type: 'ticket', ticket: 't' as never, replaces: false },
    { type: 'received', message: { type: 'welcome', ...welcome(role, actions) } },
    { type: 'received', message: { type: 'snapshot', ...snapshot(seats) } },
  ]);
  return state;
}

export function liveOf(state: State): Live {
  if (state.call.phase !== 'live') throw new Error(`not live but ${state.call.phase}`);
  return state.call;
}
