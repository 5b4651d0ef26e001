// The HTTP API as a program uses it, for what a story needs but does not tell: first passwords and meetings.

import type {
  ApiError,
  CreateMeeting,
  MeetingSummary,
  SignIn,
} from '../../../web-client/src/protocol/generated.ts';

export class Session {
  readonly #origin: string;
  #cookie = '';

  static async open(origin: string, as: SignIn): Promise<Session> {
    const session = new Session(origin);
    await session.#send('POST', '/api/v1/session', as);
    return session;
  }

  private constructor(origin: string) {
    this.#origin = origin;
  }

  async changePassword(current: string, next: string): Promise<void> {
    await this.#send('POST', '/api/v1/session/password', { current, new: next });
  }

  async createMeeting(meeting: CreateMeeting): Promise<MeetingSummary> {
    return (await this.#send('POST', '/api/v1/meetings', meeting)) as MeetingSummary;
  }

  async #send(method: string, path: string, body: unknown): Promise<unknown> {
    const response = await fetch(this.#origin + path, {
      method,
      headers: {
        origin: this.#origin,
        cookie: this.#cookie,
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    if (!response.ok)
      throw new Error(
        `${method} ${path}: ${response.status} ${(JSON.parse(text || '{}') as ApiError).refusal} ${text}`,
      );
    const cookie = response.headers.getSetCookie().at(0);
    if (cookie) this.#cookie = cookie.split(';', 1)[0] ?? '';
    return text === '' ? undefined : JSON.parse(text);
  }
}
