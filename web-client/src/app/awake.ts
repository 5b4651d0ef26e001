// A screen that stays on. A room's computer waits for hours without a key being pressed; without this its screen would go
// dark and the meeting would begin unseen. Browsers let go of it whenever the page is hidden.

/** How often it is asked for again: a refusal may have been for a low battery or a page not yet seen. */
const ASK_AGAIN_MS = 60_000;

export function keepAwake(wanted: () => boolean): void {
  // Absent on pages without HTTPS and in old browsers: there the computer's own settings keep the screen on.
  if (!('wakeLock' in navigator)) return;
  let held: WakeLockSentinel | null = null;
  const ask = async (): Promise<void> => {
    if (!wanted()) {
      await held?.release();
      held = null;
    } else if (!document.hidden && (held === null || held.released)) {
      held = await navigator.wakeLock.request('screen').catch(() => null);
    }
  };
  void ask();
  setInterval(() => void ask(), ASK_AGAIN_MS);
  document.addEventListener('visibilitychange', () => void ask());
}
