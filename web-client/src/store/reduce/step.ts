// Building blocks of every reduction.

import type { AccountKind } from '../../protocol/generated.ts';
import type { Effect, Step } from '../events.ts';
import type { Call, Live, NoticeText, Problem, State } from '../state.ts';

/** Most notices at once; the oldest goes when another comes. */
const NOTICES_MAX = 4;

export function step(state: State, ...effects: readonly Effect[]): Step {
  return { state, effects };
}

/** Goes on from a step with more effects. */
export function and(before: Step, ...effects: readonly Effect[]): Step {
  return { state: before.state, effects: [...before.effects, ...effects] };
}

/** Adds a notice; one that is already shown is not repeated. */
export function notify(state: State, text: NoticeText): State {
  const same = (other: NoticeText): boolean => JSON.stringify(other) === JSON.stringify(text);
  if (state.notices.some((notice) => same(notice.text))) return state;
  const notices = [...state.notices, { id: state.nextNotice, text }].slice(-NOTICES_MAX);
  return { ...state, notices, nextNotice: state.nextNotice + 1 };
}

export function complain(state: State, problem: Problem): State {
  return notify(state, { kind: 'problem', problem });
}

export function withCall(state: State, call: Call): State {
  return { ...state, call };
}

/** Changes the meeting one is in; elsewhere nothing happens. */
export function withLive(state: State, change: (live: Live) => Partial<Live>): State {
  if (state.call.phase !== 'live') return state;
  return { ...state, call: { ...state.call, ...change(state.call) } };
}

/** What to do when the node says the session is over: everything is put away and the sign-in page comes. */
export function signedOut(state: State, problem?: Problem): Step {
  const asking =
    problem === undefined ? ({ state: 'ready' } as const) : ({ state: 'failed', problem } as const);
  const effects: readonly Effect[] =
    state.call.phase === 'idle' ? [] : [{ do: 'endCall', leave: 'silently' }, ...stopDevices()];
  return {
    state: {
      ...state,
      session: { phase: 'signedOut', asking, who: whoWas(state) },
      notices: [],
      page: { name: 'meetings' },
      meetings: { state: 'absent' },
      units: { state: 'absent' },
      call: { phase: 'idle' },
    },
    effects,
  };
}

/** Who sat here is likely who signs in again. */
function whoWas({ session }: State): AccountKind {
  if (session.phase === 'signedOut') return session.who;
  return 'session' in session ? session.session.kind : 'person';
}

/** Cameras and microphones are not left on behind a closed meeting. */
export function stopDevices(): readonly Effect[] {
  return [
    { do: 'stopCapture', source: 'camera' },
    { do: 'stopCapture', source: 'microphone' },
    { do: 'stopCapture', source: 'screen' },
  ];
}

export function isSignedOut(problem: Problem): boolean {
  return problem.kind === 'refused' && problem.refusal === 'signedOut';
}
