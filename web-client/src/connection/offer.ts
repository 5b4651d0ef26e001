// The exchange of SDP over HTTP. POST makes the seat's media, PATCH lets it look for another path, DELETE ends it.

import type { ResumeToken } from '../protocol/generated.ts';
import { failureOf, type ApiResult } from './api.ts';

const PATH = '/api/v1/rtc';
const ANSWER_MS = 10_000;

/** Sends an offer, gives the answer. */
export async function exchange(
  method: 'POST' | 'PATCH',
  bearer: ResumeToken,
  offer: string,
): Promise<ApiResult<string>> {
  try {
    const response = await fetch(PATH, {
      method,
      headers: { 'content-type': 'application/sdp', authorization: `Bearer ${bearer}` },
      body: offer,
      credentials: 'same-origin',
      signal: AbortSignal.timeout(ANSWER_MS),
    });
    if (!response.ok) return { ok: false, failure: await failureOf(response) };
    return { ok: true, value: await response.text() };
  } catch {
    return { ok: false, failure: { kind: 'unreachable' } };
  }
}
