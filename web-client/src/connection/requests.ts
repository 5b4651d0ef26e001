// Requests and their numbers. A request keeps its number until it is answered, over reconnects too: the node answers
// a repeated number again and does not do it again.

import type { ClientMessage, RequestId } from '../protocol/generated.ts';

/** Most unanswered requests. A person cannot make so many; beyond it the oldest is given up. */
const UNANSWERED_MAX = 200;

export type Request = { readonly id: RequestId; readonly message: ClientMessage };

export class Requests {
  #last: RequestId = 0;
  #unanswered: Request[] = [];

  /** Numbers a request. A view is always whole, so a newer one makes an unanswered older one pointless. */
  add(message: ClientMessage): Request {
    if (message.type === 'setView') {
      this.#unanswered = this.#unanswered.filter((request) => request.message.type !== 'setView');
    }
    const request = { id: this.next(), message };
    this.#unanswered = [...this.#unanswered, request].slice(-UNANSWERED_MAX);
    return request;
  }

  /** A number for something that needs no answer. */
  next(): RequestId {
    this.#last += 1;
    return this.#last;
  }

  /** The node's count may be ahead: another device or an earlier page used the same seat. Requests that were made
   *  under numbers already spent there get new ones, since their answers would be somebody else's. */
  continueAbove(last: RequestId, spent: 'own' | 'foreign'): void {
    if (spent === 'foreign' && last > 0) {
      this.#last = Math.max(this.#last, last);
      this.#unanswered = this.#unanswered.map(({ message }) => ({ id: this.next(), message }));
      return;
    }
    this.#last = Math.max(this.#last, last);
  }

  /** Takes the answered request out; undefined if there is none of this number. */
  answered(id: RequestId): Request | undefined {
    const request = this.#unanswered.find((candidate) => candidate.id === id);
    this.#unanswered = this.#unanswered.filter((candidate) => candidate.id !== id);
    return request;
  }

  get unanswered(): readonly Request[] {
    return this.#unanswered;
  }
}
