// Signing in, the pages outside of a meeting, and what the HTTP API answers.

import type { AccountView, MeetingSummary, NodeMap, SessionView } from '../../protocol/generated.ts';
import type { Answered, Intent, Step } from '../events.ts';
import { READY, WAITING } from '../initial.ts';
import type { Asking, Loaded, Problem, State } from '../state.ts';
import { returnTo } from './call.ts';
import { onMeetingsWaitedFor } from './kiosk.ts';
import { complain, isSignedOut, notify, signedOut, step } from './step.ts';

type EntryIntent = Extract<
  Intent,
  {
    type:
      | 'signIn'
      | 'changePassword'
      | 'signOut'
      | 'showMeetings'
      | 'refreshMeetings'
      | 'showCreate'
      | 'createMeeting'
      | 'showAdministration'
      | 'createAccount'
      | 'setAccountState'
      | 'issueSite'
      | 'revokeSite'
      | 'dismissIssued'
      | 'showNodes';
  }
>;

type EntryAnswer = Exclude<Answered, { type: 'ticket' | 'ticketFailed' }>;

export function onEntryIntent(state: State, intent: EntryIntent): Step {
  switch (intent.type) {
    case 'signIn':
      return step(
        { ...state, session: { phase: 'signedOut', asking: WAITING, who: intent.as.kind } },
        { do: 'signIn', as: intent.as },
      );
    case 'changePassword':
      return step(asking(state, WAITING), {
        do: 'changePassword',
        current: intent.current,
        next: intent.next,
      });
    case 'signOut':
      return step(state, { do: 'signOut' });
    case 'showMeetings':
      return step({ ...state, page: { name: 'meetings' } }, { do: 'loadMeetings' });
    case 'refreshMeetings':
      return step(state, { do: 'loadMeetings' });
    case 'showCreate':
      return step(
        {
          ...state,
          page: { name: 'create', asking: READY, meeting: intent.meeting, accounts: { state: 'loading' } },
        },
        { do: 'loadAccounts' },
        ...(state.units.state === 'loaded' ? [] : [{ do: 'loadUnits' } as const]),
      );
    case 'createMeeting':
      if (state.page.name !== 'create') return step(state);
      return step(asking(state, WAITING), {
        do: 'createMeeting',
        body: { ...intent.draft, meeting: state.page.meeting },
      });
    case 'showAdministration':
      return showAdministration(state);
    case 'createAccount':
      return step(asking(state, WAITING), { do: 'createAccount', account: intent.account });
    case 'setAccountState':
      return step(asking(state, WAITING), { do: 'setAccountState', account: intent.account, to: intent.to });
    case 'issueSite':
      return step(asking(state, WAITING), { do: 'issueSite', unit: intent.unit });
    case 'revokeSite':
      return step(asking(state, WAITING), { do: 'revokeSite', unit: intent.unit });
    case 'dismissIssued':
      return step(inAdministration(state, { issued: null }));
    case 'showNodes':
      return step(
        state.page.name === 'nodes'
          ? state
          : { ...state, page: { name: 'nodes', map: { state: 'loading' }, stale: null } },
        { do: 'loadNodes' },
      );
    default:
      return intent satisfies never;
  }
}

export function onAnswered(state: State, event: EntryAnswer, now: number): Step {
  switch (event.type) {
    case 'session':
      return signedIn(state, event.session);
    case 'sessionMissing':
      return signedOut(state);
    case 'sessionFailed':
      return signedOut(state, event.problem);
    case 'passwordChanged':
      if (state.session.phase !== 'mustChangePassword') return step(state);
      return signedIn(state, { ...state.session.session, mustChangePassword: false });
    case 'signedOut':
      return signedOut(state);
    case 'meetings':
      return listed({ ...state, meetings: { state: 'loaded', value: event.meetings } }, event.meetings, now);
    case 'meetingsFailed':
      if (state.meetings.state === 'loaded') return step(complain(state, event.problem));
      return failed({ ...state, meetings: { state: 'failed', problem: event.problem } }, event.problem);
    case 'units':
      return step({ ...state, units: { state: 'loaded', value: event.units } });
    case 'unitsFailed':
      return failed({ ...state, units: { state: 'failed', problem: event.problem } }, event.problem);
    case 'meetingCreated':
      return step(notify({ ...state, page: { name: 'meetings' } }, { kind: 'meetingCreated' }), {
        do: 'loadMeetings',
      });
    case 'accounts':
      return step(withAccounts(state, { state: 'loaded', value: event.accounts }));
    case 'accountsFailed':
      return failed(withAccounts(state, { state: 'failed', problem: event.problem }), event.problem);
    case 'accountChanged':
      return accountChanged(state, event.account);
    case 'sites':
      return step(inAdministration(state, { sites: { state: 'loaded', value: event.sites } }));
    case 'issued':
      return step(inAdministration(state, { asking: READY, issued: event.secret }), {
        do: 'loadAdministration',
      });
    case 'revoked':
      return step(inAdministration(state, { asking: READY }), { do: 'loadAdministration' });
    case 'nodes':
      return step(withNodes(state, { state: 'loaded', value: event.map }, null));
    case 'nodesFailed':
      return failed(
        withNodes(state, { state: 'failed', problem: event.problem }, event.problem),
        event.problem,
      );
    case 'passwordFailed':
    case 'meetingFailed':
    case 'administrationFailed':
      return failed(asking(state, { state: 'failed', problem: event.problem }), event.problem);
    default:
      return event satisfies never;
  }
}

/** Back to the meeting that a reload has interrupted; a waiting room goes into the next one. */
function listed(state: State, meetings: readonly MeetingSummary[], now: number): Step {
  const back = returnTo(state, now);
  return back.state.call.phase === 'idle' ? onMeetingsWaitedFor(back.state, meetings, now) : back;
}

function signedIn(state: State, session: SessionView): Step {
  if (session.mustChangePassword) {
    return step({ ...state, session: { phase: 'mustChangePassword', session, asking: READY } });
  }
  return step(
    { ...state, session: { phase: 'signedIn', session }, meetings: { state: 'loading' } },
    { do: 'loadMeetings' },
    { do: 'loadUnits' },
  );
}

/** A failed request says so where it was made, unless the session turns out to be over. */
function failed(state: State, problem: Problem): Step {
  return isSignedOut(problem) ? signedOut(state, problem) : step(state);
}

function asking(state: State, value: Asking): State {
  if (state.session.phase === 'mustChangePassword') {
    return { ...state, session: { ...state.session, asking: value } };
  }
  return 'asking' in state.page ? { ...state, page: { ...state.page, asking: value } } : state;
}

type Administration = Extract<State['page'], { name: 'administration' }>;

function inAdministration(state: State, change: Partial<Administration>): State {
  return state.page.name === 'administration' ? { ...state, page: { ...state.page, ...change } } : state;
}

function withAccounts(state: State, accounts: Loaded<readonly AccountView[]>): State {
  return 'accounts' in state.page ? { ...state, page: { ...state.page, accounts } } : state;
}

/** A map that is there stays, and says how old it is. */
function withNodes(state: State, fresh: Loaded<NodeMap>, stale: Problem | null): State {
  if (state.page.name !== 'nodes') return state;
  const keep = stale !== null && state.page.map.state === 'loaded';
  return { ...state, page: { ...state.page, map: keep ? state.page.map : fresh, stale } };
}

function accountChanged(state: State, account: AccountView): Step {
  if (state.page.name !== 'administration' || state.page.accounts.state !== 'loaded') return step(state);
  const value = state.page.accounts.value.map((other) =>
    other.account === account.account ? account : other,
  );
  const kind = account.state === 'disabled' ? 'accountDisabled' : 'accountEnabled';
  const changed = inAdministration(state, { asking: READY, accounts: { state: 'loaded', value } });
  return step(notify(changed, { kind, name: account.name }));
}

function showAdministration(state: State): Step {
  const page: Administration = {
    name: 'administration',
    asking: READY,
    accounts: { state: 'loading' },
    sites: { state: 'loading' },
    issued: null,
  };
  return step({ ...state, page }, { do: 'loadAdministration' }, { do: 'loadUnits' });
}
