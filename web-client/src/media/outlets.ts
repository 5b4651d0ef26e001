// Where pictures meet elements. A view hands in its element and calls the returned function when the element goes
// away; it never sees a stream or a connection.

import type { SlotKey } from '../protocol/slots.ts';

export type Detach = () => void;

export type Outlets = {
  /** Shows what comes in a slot. The element should be muted: sound has its own elements. */
  readonly slot: (element: HTMLVideoElement, slot: SlotKey) => Detach;
  /** Shows what this client would send. */
  readonly own: (element: HTMLVideoElement, source: 'camera' | 'screen') => Detach;
};
