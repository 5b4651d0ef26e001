// The call: lobby → joining → live → left, and what a person does in it.

import type { MeetingId, MeetingSummary } from '../../protocol/generated.ts';
import type { Answered, Effect, Intent, Linked, Step } from '../events.ts';
import { READY, WAITING } from '../initial.ts';
import { mosaicPool } from '../selectors.ts';
import type { Call, Joining, LeftReason, State, Way } from '../state.ts';
import { asked } from './adapt.ts';
import { ownMicrophone, withdrawScreen } from './facts.ts';
import { asideElsewhere, waitingAgain } from './kiosk.ts';
import { onReceived } from './received.ts';
import { complain, isSignedOut, notify, signedOut, step, stopDevices, withCall, withLive } from './step.ts';

type CallIntent = Extract<
  Intent,
  {
    type:
      | 'enterLobby'
      | 'leaveLobby'
      | 'join'
      | 'joinReplacing'
      | 'keepOther'
      | 'leave'
      | 'rejoin'
      | 'backToMeetings'
      | 'acceptInvitation'
      | 'postponeInvitation'
      | 'dismissInvitation'
      | 'arrange'
      | 'pin'
      | 'show'
      | 'request';
  }
>;

export function onCallIntent(state: State, intent: CallIntent, now: number): Step {
  switch (intent.type) {
    case 'enterLobby':
      return enterLobby(state, intent.meeting);
    case 'leaveLobby':
      return step(withCall(state, { phase: 'idle' }), ...stopDevices(), { do: 'loadMeetings' });
    case 'join':
      return join(state);
    case 'joinReplacing':
      if (state.call.phase !== 'replacing') return step(state);
      return startCall(state, state.call, state.call.ticket, now);
    case 'keepOther':
      if (state.call.phase !== 'replacing') return step(state);
      return step(withCall(state, { phase: 'lobby', summary: state.call.summary, asking: READY }));
    case 'leave':
      return leave(state, { kind: 'own' }, 'sayGoodbye');
    case 'rejoin':
      return rejoin(state, now);
    case 'backToMeetings':
      return step(
        { ...withCall(state, { phase: 'idle' }), page: { name: 'meetings' } },
        { do: 'loadMeetings' },
      );
    case 'acceptInvitation':
      return step(
        withLive(state, () => ({ invitation: null })),
        {
          do: 'send',
          message: { type: 'openMicrophone' },
        },
      );
    case 'postponeInvitation':
      return step(
        withLive(state, ({ invitation }) => ({
          invitation: invitation === null ? null : { ...invitation, opensAt: null },
        })),
      );
    case 'dismissInvitation':
      return step(
        withLive(state, () => ({ invitation: null })),
        {
          do: 'send',
          message: { type: 'finishSpeech' },
        },
      );
    case 'arrange':
      return step(withLive(state, () => ({ arrangement: intent.arrangement })));
    case 'pin':
      return step(withLive(state, () => ({ pinned: intent.seat })));
    case 'show':
      return asked(withLive(state, () => ({ showing: intent.showing })));
    case 'request':
      return step(state, { do: 'send', message: intent.message });
    default:
      return intent satisfies never;
  }
}

export function onTicket(
  state: State,
  event: Extract<Answered, { type: 'ticket' | 'ticketFailed' }>,
  now: number,
): Step {
  const { call } = state;
  if (call.phase !== 'lobby' && call.phase !== 'joining') return step(state);
  if (event.type === 'ticketFailed') {
    if (isSignedOut(event.problem)) return signedOut(state, event.problem);
    if (call.phase === 'joining')
      return leave(state, { kind: 'problem', problem: event.problem }, 'silently');
    return step(withCall(state, { ...call, asking: { state: 'failed', problem: event.problem } }));
  }
  const asks = call.phase === 'lobby' || call.way === 'return';
  if (event.replaces && asks && state.kiosk !== null) {
    return step(asideElsewhere(state, call.summary), ...stopDevices());
  }
  if (event.replaces && asks) {
    return step(withCall(state, { phase: 'replacing', summary: call.summary, ticket: event.ticket }));
  }
  const { state: next, effects } = startCall(state, call, event.ticket, now);
  return step(next, ...(state.kiosk === null ? [] : openDevices()), ...effects);
}

export function onLinked(state: State, event: Linked, now: number): Step {
  switch (event.type) {
    case 'received':
      return onReceived(state, event.message, now);
    case 'requestRefused':
      return onRefused(state, event);
    case 'socketLost':
      return step(
        withLive(state, (live) =>
          live.socket.state === 'up' ? { socket: { state: 'resuming', since: now } } : {},
        ),
      );
    case 'callEnded':
      return leave(state, ended(event.bye), 'silently');
    case 'callFailed':
      if (isSignedOut(event.problem)) return signedOut(state, event.problem);
      return leave(state, { kind: 'problem', problem: event.problem }, 'silently');
    case 'mediaFlowing':
      return step(withLive(state, () => ({ media: { state: 'flowing' } })));
    case 'mediaRestarting':
      return step(withLive(state, () => ({ media: { state: 'restarting', since: now } })));
    case 'mediaRejoining':
      return step(
        withLive(state, (live) => ({
          media: { state: 'rejoining', since: 'since' in live.media ? live.media.since : now },
        })),
      );
    case 'invitationDue':
      return invitationDue(state, now);
    default:
      return event satisfies never;
  }
}

function enterLobby(state: State, meeting: MeetingId): Step {
  if (state.meetings.state !== 'loaded') return step(state);
  const summary = state.meetings.value.find((candidate) => candidate.meeting === meeting);
  if (summary === undefined) return step(state);
  return step(withCall(state, { phase: 'lobby', summary, asking: READY }), ...openDevices());
}

function join(state: State): Step {
  if (state.call.phase !== 'lobby') return step(state);
  const call: Call = { ...state.call, asking: WAITING };
  return step(withCall(state, call), { do: 'askTicket', meeting: call.summary.meeting });
}

function rejoin(state: State, now: number): Step {
  if (state.call.phase !== 'left') return step(state);
  const { summary, camera } = state.call;
  return comeBack(state, { summary, camera, way: 'back' }, now);
}

/** Goes back to the meeting that a reload or a crash has interrupted, if it is still one to go to. */
export function returnTo(state: State, now: number): Step {
  const { returning, session, meetings, call } = state;
  if (returning === null || session.phase !== 'signedIn' || meetings.state !== 'loaded') return step(state);
  const next = { ...state, returning: null };
  const { stay, found } = returning;
  const summary = meetings.value.find(({ meeting }) => meeting === stay.meeting);
  if (call.phase !== 'idle' || summary === undefined || summary.phase === 'ended') return step(next);
  if (session.session.account !== stay.account) return step(next);
  const way = found === 'tab' ? 'back' : 'return';
  if (state.kiosk !== null) return askForSeat(next, summary, way, now);
  return comeBack(next, { summary, camera: stay.camera, way }, now);
}

function openDevices(): readonly Effect[] {
  return [
    { do: 'listDevices' },
    { do: 'capture', source: 'camera' },
    { do: 'capture', source: 'microphone' },
  ];
}

type Back = { readonly summary: MeetingSummary; readonly camera: boolean; readonly way: Way };

/** Past the lobby: the devices are chosen already. */
function comeBack(state: State, { summary, camera, way }: Back, now: number): Step {
  const { state: next, effects } = askForSeat(state, summary, way, now);
  return step(
    next,
    { do: 'listDevices' },
    ...(camera ? [{ do: 'capture', source: 'camera' } as const] : []),
    { do: 'capture', source: 'microphone' },
    ...effects,
  );
}

/** Asks for the seat and leaves the devices alone until it is free. */
export function askForSeat(state: State, summary: MeetingSummary, way: Way, now: number): Step {
  const call: Call = { phase: 'joining', ...onTheWay(summary, way, now) };
  return step(withCall(state, call), { do: 'askTicket', meeting: summary.meeting });
}

function onTheWay(summary: MeetingSummary, way: Way, now: number): Joining {
  return { summary, since: now, way, welcome: null, pages: [], early: [] };
}

type WithSummary = Extract<Call, { summary: unknown }>;

function startCall(
  state: State,
  call: WithSummary,
  ticket: Extract<Effect, { do: 'startCall' }>['ticket'],
  now: number,
): Step {
  const { summary } = call;
  const way = call.phase === 'joining' ? call.way : 'lobby';
  return step(withCall(state, { phase: 'joining', ...onTheWay(summary, way, now) }), {
    do: 'startCall',
    meeting: summary.meeting,
    ticket,
    device: state.device,
    mosaic: mosaicPool(summary.role, state.device),
  });
}

function leave(state: State, reason: LeftReason, how: 'sayGoodbye' | 'silently'): Step {
  const { call } = state;
  if (call.phase !== 'joining' && call.phase !== 'live') return step(state);
  // What was told in passing was about the meeting: beside the reason for being out of it, it would mislead.
  const quiet: State = { ...state, notices: [] };
  if (state.kiosk !== null) {
    const away = waitingAgain(quiet, call.summary, reason);
    const ended: readonly Effect[] = [{ do: 'endCall', leave: how }, ...stopDevices()];
    // After a failure the next list is early enough: a node in trouble is not asked by every room at once.
    return reason.kind === 'problem' ? step(away, ...ended) : step(away, ...ended, { do: 'loadMeetings' });
  }
  return step(
    withCall(quiet, {
      phase: 'left',
      summary: call.summary,
      reason,
      camera: state.devices.camera.state !== 'off',
    }),
    { do: 'endCall', leave: how },
    ...stopDevices(),
  );
}

function ended(bye: Extract<Linked, { type: 'callEnded' }>['bye']): LeftReason {
  switch (bye) {
    case 'replaced':
    case 'removed':
    case 'revoked':
    case 'ended':
    case 'misbehaved':
      return { kind: bye };
    case 'left':
      return { kind: 'own' };
    case 'restarting':
    case 'overrun':
    case 'silent':
      return { kind: 'problem', problem: { kind: 'unreachable' } };
    default:
      return bye satisfies never;
  }
}

function onRefused(state: State, event: Extract<Linked, { type: 'requestRefused' }>): Step {
  const told = complain(state, { kind: 'refused', refusal: event.refusal });
  // A screen that may not be presented is not left captured.
  if (event.request.type === 'startPresenting') return step(told, ...withdrawScreen());
  if (event.request.type === 'openMicrophone' && event.refusal === 'microphoneLocked') {
    return step(notify(state, { kind: 'microphoneLocked' }));
  }
  return step(told);
}

function invitationDue(state: State, now: number): Step {
  const { call } = state;
  if (call.phase !== 'live' || call.invitation === null) return step(state);
  const { opensAt } = call.invitation;
  if (opensAt === null || now < opensAt || ownMicrophone(call) === 'open') return step(state);
  return step(
    withLive(state, () => ({ invitation: null })),
    {
      do: 'send',
      message: { type: 'openMicrophone' },
    },
  );
}
