// The meeting's WebSocket: hello, request numbers, pings, and coming back to the same seat for as long as it makes
// sense. It types what arrives and knows nothing of what it means.
//
// waiting => dialling                        the back-off is over
// dialling => greeting                       the socket is open, hello is sent
// greeting => up                             welcome
// dialling | greeting | up => waiting        closed, silent, or a bye that says "come back"
// any => over                                a bye or refusal that says "do not"; or the scope ends

import type {
  Bye,
  ByeReason,
  ClientFrame,
  ClientMessage,
  Credential,
  DeviceKind,
  FactNumber,
  Refusal,
  ResumeToken,
  ServerMessage,
  Ticket,
  Welcome,
} from '../protocol/generated.ts';
import { PROTOCOL_VERSION, WIRE_LIMITS } from '../protocol/generated.ts';
import { decode } from '../protocol/decode.ts';
import type { ApiFailure, ApiResult } from './api.ts';
import { retryDelayMs, type Random } from './backoff.ts';
import { Requests } from './requests.ts';
import type { Scope } from './scope.ts';

const PING_MS = 5_000;

/** A node that has not said welcome by then is tried anew. */
const WELCOME_MS = 10_000;

/** The hello has a number of its own, below every request. */
const HELLO_ID = 0;

const SUBPROTOCOL = 'giaoban.v1';

/** What is used of a browser's `WebSocket`. */
export type Line = Pick<WebSocket, 'send' | 'close' | 'readyState'> & EventTarget;

export type SocketOptions = {
  readonly scope: Scope;
  readonly dial: (subprotocol: string) => Line;
  readonly random: Random;
  readonly ticket: Ticket;
  /** Another ticket, by the cookie of the session, when token or ticket are spent. */
  readonly freshTicket: () => Promise<ApiResult<Ticket>>;
  readonly device: DeviceKind;
};

export type SocketListener = {
  readonly onMessage: (message: ServerMessage) => void;
  readonly onRefused: (request: ClientMessage, refusal: Refusal) => void;
  /** The connection broke; coming back has begun. */
  readonly onLost: () => void;
  /** The node said goodbye for good. */
  readonly onEnded: (reason: ByeReason) => void;
  /** Coming in or back was refused for good. */
  readonly onFailed: (failure: ApiFailure) => void;
};

type Phase = 'waiting' | 'dialling' | 'greeting' | 'up' | 'over';

export class MeetingSocket {
  readonly #options: SocketOptions;
  readonly #listener: SocketListener;
  readonly #requests = new Requests();
  #phase: Phase = 'waiting';
  #ticket: Ticket | null;
  #token: ResumeToken | null = null;
  /** This page has been in the meeting: what the node counts as done was done by it. */
  #entered = false;
  #seen: FactNumber = 0;
  #attempt = 0;
  /** Of the present line; ended when it is given up. */
  #lineScope: Scope | null = null;
  #line: Line | null = null;
  #retry: () => void = () => undefined;
  /** Takes back the watch for silence. */
  #unwatch: () => void = () => undefined;
  /** Messages this page does not know or cannot read, for the technicians' panel. */
  readonly strange = { unknown: 0, malformed: 0 };

  constructor(options: SocketOptions, listener: SocketListener) {
    this.#options = options;
    this.#listener = listener;
    this.#ticket = options.ticket;
    options.scope.onEnd(() => {
      this.#drop();
      this.#phase = 'over';
    });
    // A network that is back is tried at once.
    options.scope.listen(globalThis, 'online', () => {
      if (this.#phase === 'waiting') this.#dialNow();
    });
    this.#dialNow();
  }

  /** The bearer of the media offer. */
  get token(): ResumeToken | null {
    return this.#token;
  }

  /** Sends a request now, or as soon as the connection stands. */
  send(message: ClientMessage): void {
    if (this.#phase === 'over') return;
    const { id } = this.#requests.add(message);
    if (this.#phase === 'up') this.#write({ id, seen: this.#seen, message });
  }

  /** Says goodbye: the seat becomes free. Nothing waits for an answer. */
  leave(): void {
    if (this.#phase === 'up') {
      this.#write({ id: this.#requests.next(), seen: this.#seen, message: { type: 'leave' } });
    }
  }

  #dialNow(): void {
    this.#retry();
    this.#phase = 'dialling';
    const scope = this.#options.scope.child();
    const line = this.#options.dial(SUBPROTOCOL);
    this.#lineScope = scope;
    this.#line = line;
    scope.onEnd(() => {
      line.close();
    });
    scope.listen(line, 'open', () => void this.#greet(scope));
    scope.listen(line, 'close', () => {
      this.#comeBack();
    });
    scope.listen(line, 'message', (event) => {
      const { data } = event as MessageEvent<unknown>;
      if (typeof data === 'string') this.#receive(data);
      else this.strange.malformed += 1;
    });
    scope.after(WELCOME_MS, () => {
      if (this.#phase !== 'up') this.#comeBack();
    });
  }

  async #greet(scope: Scope): Promise<void> {
    this.#phase = 'greeting';
    const credential = await this.#credential();
    if (scope.hasEnded() || credential === null) return;
    const { device } = this.#options;
    this.#write({
      id: HELLO_ID,
      seen: this.#seen,
      message: { type: 'hello', version: PROTOCOL_VERSION, credential, device },
    });
  }

  /** The token if there is one, else the unused ticket, else another ticket. */
  async #credential(): Promise<Credential | null> {
    if (this.#token !== null) return { kind: 'resume', token: this.#token, seen: this.#seen };
    if (this.#ticket === null) {
      const answer = await this.#options.freshTicket();
      if (!answer.ok) {
        if (answer.failure.kind === 'refused') this.#fail(answer.failure);
        else this.#comeBack();
        return null;
      }
      this.#ticket = answer.value;
    }
    const ticket = this.#ticket;
    // A ticket is good once, whether or not its welcome arrives.
    this.#ticket = null;
    return { kind: 'ticket', ticket };
  }

  #receive(text: string): void {
    const decoded = decode(text);
    if (decoded.kind === 'unknown') this.strange.unknown += 1;
    if (decoded.kind === 'malformed') this.strange.malformed += 1;
    if (decoded.kind !== 'message') return;
    this.#watch();
    const { message } = decoded;
    switch (message.type) {
      case 'welcome':
        this.#welcome(message);
        break;
      case 'bye':
        this.#bye(message);
        return;
      case 'reply': {
        const { outcome } = message;
        const request = this.#requests.answered(message.re);
        if (message.re === HELLO_ID && outcome.result === 'refused') {
          this.#unwelcome(outcome.refusal);
          return;
        }
        if (request !== undefined && outcome.result === 'refused') {
          this.#listener.onRefused(request.message, outcome.refusal);
        }
        break;
      }
      case 'snapshot':
        // Only the last page completes it; a line that breaks before asks for all of it again.
        if (message.page >= message.of) this.#seen = message.fact;
        break;
      case 'changed':
        this.#seen = Math.max(this.#seen, message.fact);
        break;
      case 'slots':
      case 'publish':
      case 'speaking':
      case 'lines':
      case 'pong':
        break;
      default:
        message satisfies never;
    }
    this.#listener.onMessage(message);
  }

  #welcome(welcome: Welcome): void {
    this.#phase = 'up';
    this.#attempt = 0;
    this.#token = welcome.resumeToken;
    if (welcome.resumed === 'fresh') this.#seen = 0;
    this.#requests.continueAbove(welcome.lastRequest, this.#entered ? 'own' : 'foreign');
    this.#entered = true;
    for (const { id, message } of this.#requests.unanswered) this.#write({ id, seen: this.#seen, message });
    this.#lineScope?.every(PING_MS, () => {
      this.#write({ id: this.#requests.next(), seen: this.#seen, message: { type: 'ping' } });
    });
  }

  /** Every message proves that the node is there; too long without one, and another line is tried. */
  #watch(): void {
    this.#unwatch();
    this.#unwatch =
      this.#lineScope?.after(WIRE_LIMITS.silenceMs, () => {
        this.#comeBack();
      }) ?? this.#unwatch;
  }

  /** Refused at the door. A token that is not valid any more means a node that forgot the connection, not the seat:
   *  the cookie of the session gets another ticket. */
  #unwelcome(refusal: Refusal): void {
    if (refusal === 'ticketInvalid' && (this.#token !== null || this.#attempt === 0)) {
      this.#token = null;
      this.#comeBack();
      return;
    }
    if (refusal === 'rateLimited' || refusal === 'internal') this.#comeBack();
    else this.#fail({ kind: 'refused', refusal });
  }

  #bye({ reason, retryAfterMs }: Bye): void {
    if (retryAfterMs !== undefined || comesBack(reason)) {
      this.#comeBack(retryAfterMs);
      return;
    }
    this.#finish();
    this.#listener.onEnded(reason);
  }

  #fail(failure: ApiFailure): void {
    this.#finish();
    this.#listener.onFailed(failure);
  }

  #finish(): void {
    this.#phase = 'over';
    this.#drop();
  }

  /** Gives the line up and tries another one after a while. */
  #comeBack(askedMs?: number): void {
    if (this.#phase === 'over' || this.#phase === 'waiting') return;
    const wasUp = this.#phase === 'up';
    this.#phase = 'waiting';
    this.#drop();
    if (wasUp) this.#listener.onLost();
    const delay = retryDelayMs(this.#attempt, askedMs, this.#options.random);
    this.#attempt += 1;
    const cancel = this.#options.scope.after(delay, () => {
      this.#dialNow();
    });
    this.#retry = cancel;
  }

  #drop(): void {
    this.#retry();
    this.#retry = () => undefined;
    this.#unwatch = () => undefined;
    const scope = this.#lineScope;
    this.#lineScope = null;
    this.#line = null;
    scope?.end();
  }

  #write(frame: ClientFrame): void {
    if (this.#line?.readyState === OPEN) this.#line.send(JSON.stringify(frame));
  }
}

/** `WebSocket.OPEN`, which tests in Node do not have. */
const OPEN = 1;

function comesBack(reason: ByeReason): boolean {
  return reason === 'restarting' || reason === 'overrun' || reason === 'silent';
}
