// What a browser remembers of the meeting it is in, so that a page that is loaded anew, a browser that crashed or a
// computer that was restarted goes straight back to its seat instead of through the lobby. The devices themselves are
// in the settings; whose microphone is open is known to the node.

import type { AccountId, MeetingId } from '../protocol/generated.ts';
import type { SettingsStorage } from './settings.ts';
import type { State } from './state.ts';

export type Stay = {
  readonly account: AccountId;
  readonly meeting: MeetingId;
  /** Whether the camera was wanted. */
  readonly camera: boolean;
};

/** How a stay was found again. */
export type Found =
  /** In this very tab: the page was loaded anew, nobody else can be meant. */
  | 'tab'
  /** Only in the browser: it was closed, or this is another tab of it. */
  | 'browser';

export type Returning = { readonly stay: Stay; readonly found: Found };

/** Where stays are kept: a tab's storage outlives a reload, a browser's also a restart. */
export type StayStorages = Readonly<Record<Found, (SettingsStorage & Pick<Storage, 'removeItem'>) | null>>;

/** Longer than a computer needs to restart with its updates; after that nobody can be taken to sit there still, and a
 *  camera that goes on by itself would be a surprise. */
export const RETURN_WITHIN_MS = 30 * 60_000;

/** How often the time in a kept stay is renewed. */
export const RENEW_MS = 20_000;

const KEY = 'giaoban.stay';

/** The stay to go back to, if there is a recent one. */
export function loadStay(storages: StayStorages, now: number): Returning | null {
  for (const found of ['tab', 'browser'] as const) {
    const stay = read(storages[found], now);
    if (stay !== null) return { stay, found };
  }
  return null;
}

/** Keeps the stay of the moment, renews its time, and forgets it when the meeting was left for good. */
export class StayKeeper {
  readonly #storages: StayStorages;
  /** What is in the storages as far as is known; before the first look anything may be. */
  #kept: string | null = null;
  #renewed = 0;

  constructor(storages: StayStorages) {
    this.#storages = storages;
  }

  see(state: State, now: number): void {
    const { call, session, devices } = state;
    if (call.phase === 'left' && call.reason.kind !== 'problem') this.#forget();
    if (call.phase !== 'live' || session.phase !== 'signedIn') return;
    const stay: Stay = {
      account: session.session.account,
      meeting: call.summary.meeting,
      camera: devices.camera.state !== 'off',
    };
    const text = JSON.stringify(stay);
    if (text === this.#kept && now - this.#renewed < RENEW_MS) return;
    this.#kept = text;
    this.#renewed = now;
    this.#each((storage) => {
      storage.setItem(KEY, JSON.stringify({ ...stay, at: now }));
    });
  }

  #forget(): void {
    if (this.#kept === '') return;
    // Also what an earlier page wrote: who was put out on the way back is not fetched in again.
    this.#kept = '';
    this.#each((storage) => {
      storage.removeItem(KEY);
    });
  }

  #each(run: (storage: SettingsStorage & Pick<Storage, 'removeItem'>) => void): void {
    for (const storage of [this.#storages.tab, this.#storages.browser]) {
      try {
        if (storage !== null) run(storage);
      } catch {
        // A full or forbidden storage only means a way through the lobby.
      }
    }
  }
}

function read(storage: SettingsStorage | null, now: number): Stay | null {
  try {
    const value: unknown = JSON.parse(storage?.getItem(KEY) ?? 'null');
    if (typeof value !== 'object' || value === null) return null;
    const { account, meeting, camera, at } = value as Record<string, unknown>;
    const whole = typeof account === 'string' && typeof meeting === 'string' && typeof camera === 'boolean';
    // A clock that was set back makes an age negative: that stay is of another time too.
    const recent = typeof at === 'number' && now >= at && now - at <= RETURN_WITHIN_MS;
    if (!whole || !recent) return null;
    return { account: account as AccountId, meeting: meeting as MeetingId, camera };
  } catch {
    return null;
  }
}
