// The only place that reads the time.

/** Milliseconds that never jump: for waiting and measuring. */
export const steadyNow = (): number => performance.now();

/** Milliseconds since 1970 by this machine's clock: for showing, corrected by the node's. */
export const wallNow = (): number => Date.now();
