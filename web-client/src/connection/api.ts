// The node's HTTP API, typed. Every failure is one of two: the node refused (and said why), or it did not answer.

import type {
  AccountId,
  AccountState,
  AccountView,
  ApiError,
  ChangePassword,
  CreateAccount,
  CreateMeeting,
  IssuedSecret,
  MeetingId,
  MeetingList,
  MeetingSummary,
  NodeMap,
  Refusal,
  SessionView,
  SignIn,
  SiteAccountView,
  TicketIssued,
  UnitCode,
  UnitList,
} from '../protocol/generated.ts';

/** Why a call gave no value. */
export type ApiFailure =
  | { readonly kind: 'refused'; readonly refusal: Refusal; readonly retryAfterSeconds?: number }
  | { readonly kind: 'unreachable' };

export type ApiResult<T> =
  { readonly ok: true; readonly value: T } | { readonly ok: false; readonly failure: ApiFailure };

/** A node that has not answered by then is taken for unreachable: password checks take a second on a busy node. */
const ANSWER_MS = 15_000;

const BASE = '/api/v1';

export const api = {
  session: (): Promise<ApiResult<SessionView>> => call('GET', '/session'),
  signIn: (as: SignIn): Promise<ApiResult<SessionView>> => call('POST', '/session', as),
  signOut: (): Promise<ApiResult<null>> => call('DELETE', '/session'),
  changePassword: (body: ChangePassword): Promise<ApiResult<null>> => call('POST', '/session/password', body),
  units: (): Promise<ApiResult<UnitList>> => call('GET', '/units'),
  meetings: (): Promise<ApiResult<MeetingList>> => call('GET', '/meetings'),
  createMeeting: (body: CreateMeeting): Promise<ApiResult<MeetingSummary>> => call('POST', '/meetings', body),
  ticket: (meeting: MeetingId): Promise<ApiResult<TicketIssued>> =>
    call('POST', `/meetings/${encodeURIComponent(meeting)}/ticket`),
  accounts: (): Promise<ApiResult<readonly AccountView[]>> => call('GET', '/accounts'),
  createAccount: (body: CreateAccount): Promise<ApiResult<IssuedSecret>> => call('POST', '/accounts', body),
  setAccountState: (account: AccountId, state: AccountState): Promise<ApiResult<AccountView>> =>
    call('PUT', `/accounts/${encodeURIComponent(account)}/state`, { state }),
  nodes: (): Promise<ApiResult<NodeMap>> => call('GET', '/nodes'),
  sites: (): Promise<ApiResult<readonly SiteAccountView[]>> => call('GET', '/sites'),
  issueSite: (unit: UnitCode): Promise<ApiResult<IssuedSecret>> =>
    call('POST', `/units/${encodeURIComponent(unit)}/site-secret`),
  revokeSite: (unit: UnitCode): Promise<ApiResult<null>> =>
    call('DELETE', `/units/${encodeURIComponent(unit)}/site-secret`),
};

async function call<T>(method: string, path: string, body?: unknown): Promise<ApiResult<T>> {
  const init: RequestInit = { method, credentials: 'same-origin', signal: AbortSignal.timeout(ANSWER_MS) };
  if (body !== undefined) {
    init.headers = { 'content-type': 'application/json' };
    init.body = JSON.stringify(body);
  }
  try {
    const response = await fetch(BASE + path, init);
    if (!response.ok) return { ok: false, failure: await failureOf(response) };
    const text = await response.text();
    // What the node answers is what its own types wrote.
    return { ok: true, value: (text === '' ? null : JSON.parse(text)) as T };
  } catch {
    return { ok: false, failure: { kind: 'unreachable' } };
  }
}

/** An error's body; something between us and the node (a proxy) may have answered instead. */
export async function failureOf(response: Response): Promise<ApiFailure> {
  try {
    const error = (await response.json()) as ApiError;
    if (typeof error.refusal !== 'string') return { kind: 'unreachable' };
    const { refusal, retryAfterSeconds } = error;
    return retryAfterSeconds === undefined
      ? { kind: 'refused', refusal }
      : { kind: 'refused', refusal, retryAfterSeconds };
  } catch {
    return { kind: 'unreachable' };
  }
}
