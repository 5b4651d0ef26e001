// What the node says on the socket.

import type { ServerMessage, SlotState, Snapshot, Welcome } from '../../protocol/generated.ts';
import { slotKey, type SlotKey } from '../../protocol/slots.ts';
import type { Effect, Step } from '../events.ts';
import { profileOf, UNTROUBLED } from '../ladder.ts';
import type { Joining, Live, Slot, State } from '../state.ts';
import { NOTHING_ON_SCREEN, NOTHING_SHOWN } from '../wish.ts';
import { changed, gather, ownMicrophone, seated, seatsOf, settle, whole, withdrawScreen } from './facts.ts';
import { and, notify, step, withCall, withLive } from './step.ts';

/** Most messages kept while the first snapshot is on its way; a node sends a handful. */
const EARLY_MAX = 200;

/** Seconds on the wire cut up to this much off the true time. */
const CLOCK_TOLERANCE_MS = 2_000;

export function onReceived(state: State, message: ServerMessage, now: number): Step {
  const { call } = state;
  if (call.phase === 'joining') return whileJoining(state, call, message, now);
  if (call.phase === 'live') return whileLive(state, call, message, now);
  return step(state);
}

function whileJoining(state: State, joining: Joining, message: ServerMessage, now: number): Step {
  if (message.type === 'welcome') {
    return step(withCall(state, { phase: 'joining', ...joining, welcome: message, pages: [] }));
  }
  if (message.type === 'snapshot') {
    const pages = gather(joining.pages, message);
    if (joining.welcome === null || !whole(pages)) {
      return step(withCall(state, { phase: 'joining', ...joining, pages }));
    }
    return enter(state, { ...joining, pages }, joining.welcome, message, now);
  }
  const early = [...joining.early, message].slice(-EARLY_MAX);
  return step(withCall(state, { phase: 'joining', ...joining, early }));
}

function enter(state: State, joining: Joining, welcome: Welcome, page: Snapshot, now: number): Step {
  const live: Live = {
    summary: joining.summary,
    you: welcome.you,
    meeting: page.meeting,
    seats: seatsOf(joining.pages),
    fact: page.fact,
    slots: new Map(),
    speaking: [],
    lines: new Map(),
    media: { state: 'connecting' },
    socket: { state: 'up' },
    demand: { microphone: 'paused', camera: 'paused', screen: 'paused', screenAudio: 'paused' },
    mosaic: [],
    profile: profileOf(state.settings.profile, UNTROUBLED),
    line: UNTROUBLED,
    computer: UNTROUBLED,
    showing: NOTHING_ON_SCREEN,
    arrangement: 'stage',
    pinned: null,
    clockOffsetMs: welcome.serverTime * 1_000 - now,
    invitation: null,
    figures: null,
    pages: [],
    view: NOTHING_SHOWN,
  };
  const first = and(
    arrive(withCall(state, { phase: 'live', ...live }), live, now),
    { do: 'sendMicrophone', open: ownMicrophone(live) === 'open' },
    ...tellCamera(state, live),
  );
  return joining.early.reduce((before, message) => {
    const next = onReceived(before.state, message, now);
    return and({ state: next.state, effects: before.effects }, ...next.effects);
  }, first);
}

function whileLive(state: State, live: Live, message: ServerMessage, now: number): Step {
  switch (message.type) {
    case 'welcome':
      return back(state, live, message, now);
    case 'snapshot': {
      const pages = gather(live.pages, message);
      if (!whole(pages)) return step(withLive(state, () => ({ pages })));
      const { meeting, fact } = message;
      const after: Live = {
        ...seated(live, { meeting, you: live.you, seats: seatsOf(pages), fact }),
        pages: [],
      };
      return and(settle(state, live, after, now), ...tellCamera(state, after));
    }
    case 'changed':
      return settle(state, live, changed(live, message.fact, message.changes), now);
    case 'slots':
      return onSlots(state, live, message.slots);
    case 'publish':
      return step(
        withLive(state, () => ({ demand: { ...live.demand, [message.source]: message.demand } })),
        { do: 'publish', source: message.source, demand: message.demand },
      );
    case 'speaking':
      return step(withLive(state, () => ({ speaking: message.seats })));
    case 'lines':
      return step(withLive(state, () => ({ lines: new Map([...live.lines, ...message.lines]) })));
    case 'pong':
      return step(withLive(state, () => ({ clockOffsetMs: offset(live, message.serverTime, now) })));
    case 'reply':
    case 'bye':
      // The connection has looked at these: it knows what was asked and whether to come back.
      return step(state);
    default:
      return message satisfies never;
  }
}

/** What stood open when this seat's page went away: an invitation is told again, a screen that is not captured any more
 *  is not waited for. */
function arrive(state: State, live: Live, now: number): Step {
  const me = live.you.seat;
  const { floor, ...others } = live.meeting;
  const before: Live = floor === me ? { ...live, meeting: others } : live;
  const settled = settle(state, before, live, now);
  if (live.meeting.presenter !== me || state.devices.screen.state === 'on') return settled;
  return and(settled, { do: 'send', message: { type: 'stopPresenting' } }, ...withdrawScreen());
}

/** The connection stands again. What the node cannot remember is told again. */
function back(state: State, live: Live, welcome: Welcome, now: number): Step {
  const wasLost = live.socket.state === 'resuming';
  const next = withLive(state, () => ({
    you: welcome.you,
    socket: { state: 'up' },
    pages: [],
    clockOffsetMs: welcome.serverTime * 1_000 - now,
  }));
  return step(
    wasLost ? notify(next, { kind: 'reconnected' }) : next,
    { do: 'sendView', view: live.view },
    ...tellCamera(state, live),
  );
}

/** Tells the node that the camera is on or off if it believes otherwise. */
function tellCamera(state: State, live: Live): readonly Effect[] {
  const on = state.devices.camera.state === 'on';
  const believed = live.seats.get(live.you.seat)?.camera ?? false;
  if (on === believed) return [];
  return [{ do: 'send', message: { type: 'setSource', source: 'camera', presence: on ? 'on' : 'off' } }];
}

/** Each whole second from the node is a lower bound of its clock; the highest bound is the best one. */
function offset(live: Live, serverTime: number, now: number): number {
  const bound = serverTime * 1_000 - now;
  const far = Math.abs(bound - live.clockOffsetMs) > CLOCK_TOLERANCE_MS;
  return far ? bound : Math.max(bound, live.clockOffsetMs);
}

function onSlots(state: State, live: Live, changes: readonly SlotState[]): Step {
  const slots = new Map<SlotKey, Slot>(live.slots);
  const effects: Effect[] = [];
  for (const change of changes) {
    const slot = slotKey(change.slot);
    const next = filled(slots.get(slot), change);
    slots.set(slot, next);
    effects.push({
      do: 'fillSlot',
      slot,
      mid: change.mid,
      rtpTimestamp: change.rtpTimestamp,
      empty: next.announced === null,
    });
  }
  return step(
    withLive(state, () => ({ slots })),
    ...effects,
  );
}

function filled(before: Slot | undefined, change: SlotState): Slot {
  const { mid, seat, source } = change;
  if (seat === undefined || source === undefined) return { mid, announced: null, shown: null, frozen: false };
  const announced = { seat, source };
  // Sound has no plate to flip with.
  const heard = source === 'microphone' || source === 'screenAudio';
  return { mid, announced, shown: heard ? announced : (before?.shown ?? null), frozen: false };
}
