// Holds the state, runs `reduce`, hands effects on. Events that come while one is being handled wait their turn.

import type { Effect, Event } from '../store/events.ts';
import { reduce } from '../store/reduce.ts';
import type { State } from '../store/state.ts';

export type Store = {
  readonly state: () => State;
  readonly dispatch: (event: Event) => void;
  /** Calls back after every change until the returned function is called. */
  readonly onChange: (run: () => void) => () => void;
};

export function createStore(
  initial: State,
  now: () => number,
  carryOut: (effect: Effect, state: State) => void,
): Store {
  let state = initial;
  let busy = false;
  const waiting: Event[] = [];
  const listeners = new Set<() => void>();

  const dispatch = (event: Event): void => {
    waiting.push(event);
    if (busy) return;
    busy = true;
    const before = state;
    try {
      for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
        const step = reduce(state, next, now());
        state = step.state;
        for (const effect of step.effects) carryOut(effect, state);
      }
    } finally {
      busy = false;
    }
    if (state !== before) for (const listener of listeners) listener();
  };

  return {
    state: () => state,
    dispatch,
    onChange: (run) => {
      listeners.add(run);
      return () => {
        listeners.delete(run);
      };
    },
  };
}
