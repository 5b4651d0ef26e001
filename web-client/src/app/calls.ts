// The call of the moment. What a call is made of is fetched when the first one begins: whoever only looks at the list
// of meetings does not need it.

import type { Effect, Event } from '../store/events.ts';
import type { CallSession, Studio } from './call.ts';

export class Calls {
  readonly #studio: () => Studio;
  readonly #dispatch: (event: Event) => void;
  #present: CallSession | null = null;
  /** Counts starts and ends, so that a start whose code arrives after its end does nothing. */
  #turn = 0;

  constructor(studio: () => Studio, dispatch: (event: Event) => void) {
    this.#studio = studio;
    this.#dispatch = dispatch;
  }

  get present(): CallSession | null {
    return this.#present;
  }

  async start(effect: Extract<Effect, { do: 'startCall' }>): Promise<void> {
    this.end('silently');
    const turn = this.#turn;
    try {
      const { CallSession } = await import('./call.ts');
      if (turn === this.#turn) this.#present = new CallSession(effect, this.#studio(), this.#dispatch);
    } catch {
      if (turn === this.#turn) this.#dispatch({ type: 'callFailed', problem: { kind: 'unreachable' } });
    }
  }

  end(leave: 'sayGoodbye' | 'silently'): void {
    this.#turn += 1;
    this.#present?.end(leave);
    this.#present = null;
  }
}
