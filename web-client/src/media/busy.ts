// How much of its time the page spends in tasks so long that it answers to nobody meanwhile. Chromium measures them;
// where a browser does not, dropped pictures are the only sign of an overburdened computer.

export class BusyMeter {
  #busyMs = 0;
  #since: number;

  constructor(now: number) {
    this.#since = now;
  }

  /** Adds one long task. */
  add(durationMs: number): void {
    this.#busyMs += durationMs;
  }

  /** The busy part of the time since the last take, from 0 to 1. */
  take(now: number): number {
    const span = now - this.#since;
    const share = span <= 0 ? 0 : Math.min(1, this.#busyMs / span);
    this.#busyMs = 0;
    this.#since = now;
    return share;
  }
}

/** Tells the length of each long task until the returned function is called. */
export function onLongTasks(run: (durationMs: number) => void): () => void {
  if (typeof PerformanceObserver === 'undefined') return () => undefined;
  if (!PerformanceObserver.supportedEntryTypes.includes('longtask')) return () => undefined;
  const observer = new PerformanceObserver((list) => {
    for (const { duration } of list.getEntries()) run(duration);
  });
  observer.observe({ type: 'longtask' });
  return () => {
    observer.disconnect();
  };
}
