// What the root component is given: a Svelte-compatible store of state and actions, and the outlets for pictures.

import type { Outlets } from '../media/outlets.ts';
import type { Actions } from './actions.ts';
import type { State } from './state.ts';

export type Shown = { readonly state: State; readonly actions: Actions };

/** The prop `app` of `view/App.svelte`. `$app` works on it in a component. */
export type App = {
  readonly subscribe: (run: (shown: Shown) => void) => () => void;
  readonly outlets: Outlets;
  /** The page's clock in milliseconds, corrected to the node's. */
  readonly nodeNow: () => number;
};
