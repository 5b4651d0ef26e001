// Effects that are one call of the HTTP API, and the event that each answer becomes.

import { api, type ApiResult } from '../connection/api.ts';
import type { Effect, Event } from '../store/events.ts';

type Dispatch = (event: Event) => void;

/** What this file carries out. */
export type Ask = Extract<
  Effect,
  {
    do:
      | 'askSession'
      | 'signIn'
      | 'changePassword'
      | 'signOut'
      | 'loadMeetings'
      | 'loadUnits'
      | 'createMeeting'
      | 'loadAccounts'
      | 'loadAdministration'
      | 'loadNodes'
      | 'createAccount'
      | 'setAccountState'
      | 'issueSite'
      | 'revokeSite'
      | 'askTicket';
  }
>;

export async function ask(effect: Ask, dispatch: Dispatch): Promise<void> {
  switch (effect.do) {
    case 'askSession':
      dispatch(sessionEvent(await api.session()));
      return;
    case 'signIn':
      dispatch(
        told(await api.signIn(effect.as), (session) => ({ type: 'session', session }), 'sessionFailed'),
      );
      return;
    case 'changePassword': {
      const answer = await api.changePassword({ current: effect.current, new: effect.next });
      dispatch(told(answer, () => ({ type: 'passwordChanged' }), 'passwordFailed'));
      return;
    }
    case 'signOut':
      // Whatever the node says: who asks to be signed out must not see the pages any more.
      await api.signOut();
      dispatch({ type: 'signedOut' });
      return;
    case 'loadMeetings':
      dispatch(
        told(await api.meetings(), ({ meetings }) => ({ type: 'meetings', meetings }), 'meetingsFailed'),
      );
      return;
    case 'loadUnits':
      dispatch(told(await api.units(), (units) => ({ type: 'units', units }), 'unitsFailed'));
      return;
    case 'createMeeting':
      dispatch(
        told(
          await api.createMeeting(effect.body),
          (summary) => ({ type: 'meetingCreated', summary }),
          'meetingFailed',
        ),
      );
      return;
    case 'loadAccounts':
      dispatch(told(await api.accounts(), (accounts) => ({ type: 'accounts', accounts }), 'accountsFailed'));
      return;
    case 'loadNodes':
      dispatch(told(await api.nodes(), (map) => ({ type: 'nodes', map }), 'nodesFailed'));
      return;
    case 'askTicket':
      dispatch(
        told(
          await api.ticket(effect.meeting),
          ({ ticket, replaces }) => ({ type: 'ticket', ticket, replaces }),
          'ticketFailed',
        ),
      );
      return;
    case 'loadAdministration':
    case 'createAccount':
    case 'setAccountState':
    case 'issueSite':
    case 'revokeSite':
      return administer(effect, dispatch);
    default:
      effect satisfies never;
  }
}

async function administer(
  effect: Extract<
    Ask,
    { do: 'loadAdministration' | 'createAccount' | 'setAccountState' | 'issueSite' | 'revokeSite' }
  >,
  dispatch: Dispatch,
): Promise<void> {
  const failed = 'administrationFailed';
  switch (effect.do) {
    case 'loadAdministration': {
      const [accounts, sites] = await Promise.all([api.accounts(), api.sites()]);
      dispatch(told(accounts, (value) => ({ type: 'accounts', accounts: value }), failed));
      dispatch(told(sites, (value) => ({ type: 'sites', sites: value }), failed));
      return;
    }
    case 'createAccount': {
      const answer = await api.createAccount(effect.account);
      dispatch(told(answer, (secret) => ({ type: 'issued', secret }), failed));
      return;
    }
    case 'setAccountState': {
      const answer = await api.setAccountState(effect.account, effect.to);
      dispatch(told(answer, (account) => ({ type: 'accountChanged', account }), failed));
      return;
    }
    case 'issueSite':
      dispatch(told(await api.issueSite(effect.unit), (secret) => ({ type: 'issued', secret }), failed));
      return;
    case 'revokeSite':
      dispatch(told(await api.revokeSite(effect.unit), () => ({ type: 'revoked' }), failed));
      return;
    default:
      effect satisfies never;
  }
}

type Failing =
  | 'sessionFailed'
  | 'passwordFailed'
  | 'meetingsFailed'
  | 'unitsFailed'
  | 'meetingFailed'
  | 'ticketFailed'
  | 'accountsFailed'
  | 'nodesFailed'
  | 'administrationFailed';

function told<T>(answer: ApiResult<T>, event: (value: T) => Event, failed: Failing): Event {
  return answer.ok ? event(answer.value) : { type: failed, problem: answer.failure };
}

function sessionEvent(answer: ApiResult<Parameters<typeof present>[0]>): Event {
  if (answer.ok) return present(answer.value);
  if (answer.failure.kind === 'refused' && answer.failure.refusal === 'signedOut')
    return { type: 'sessionMissing' };
  return { type: 'sessionFailed', problem: answer.failure };
}

function present(session: Extract<Event, { type: 'session' }>['session']): Event {
  return { type: 'session', session };
}
