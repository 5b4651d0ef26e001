// The exchange of SDP over HTTP, in the manner of WHIP: POST makes the seat's media, PATCH of what was made lets it look
// for another path.

import type { ResumeToken } from '../protocol/generated.ts';
import { failureOf, type ApiResult } from './api.ts';

/** Where the node takes each kind of offer; the second is the `Location` it answers to the first. */
const DOORS = { POST: '/api/v1/rtc', PATCH: '/api/v1/rtc/session' } as const;
const ANSWER_MS = 10_000;

/** Sends an offer, gives the answer. */
export async function exchange(
  method: keyof typeof DOORS,
  bearer: ResumeToken,
  offer: string,
): Promise<ApiResult<string>> {
  try {
    const response = await fetch(DOORS[method], {
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
