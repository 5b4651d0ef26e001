// Wires the edges to the store and the store to the view: edges → events → `reduce` → effects → edges.

import type { MeetingId } from '../protocol/generated.ts';
import { actionsOf } from '../store/available.ts';
import type { Event } from '../store/events.ts';
import { initialState } from '../store/initial.ts';
import { loadSettings } from '../store/settings.ts';
import type { App, Shown } from '../store/shown.ts';
import type { State } from '../store/state.ts';
import { loadStay, StayKeeper } from '../store/stay.ts';
import { ask } from './asks.ts';
import { Calls } from './calls.ts';
import { keepAwake } from './awake.ts';
import { createCarrier } from './carry.ts';
import { wallNow } from './clock.ts';
import { inspector, type Inspector } from './inspect.ts';
import { takeSiteLink } from './siteLink.ts';
import { createStore } from './store.ts';
import { createStudio } from './studio.ts';

/** The list of meetings is looked at by people who wait for one to begin. */
const REFRESH_MS = 15_000;

/** A computer that starts with its browser is faster than its network: the node is asked again by itself. */
const ASK_AGAIN_MS = 5_000;

export function createApp(): { readonly app: App; readonly inspector: Inspector } {
  const storage = storageOf(() => localStorage);
  const storages = { tab: storageOf(() => sessionStorage), browser: storage };
  const keeper = new StayKeeper(storages);
  const settings = loadSettings(storage);
  const dispatch = (event: Event): void => {
    store.dispatch(event);
  };
  const calls: Calls = new Calls(() => studio, dispatch);
  const studio = createStudio(settings, dispatch, (source) => calls.present?.trackChanged(source));
  const carryOut = createCarrier({ studio, calls, storage, dispatch });
  const { as, kiosk } = takeSiteLink();
  const returning = loadStay(storages, wallNow());
  const initial = initialState(settings, devicePixelRatio, deviceKind(), { returning, kiosk });
  const store = createStore(initial, wallNow, carryOut);
  store.onChange(() => {
    keeper.see(store.state(), wallNow());
  });
  const shown = (): Shown => ({
    state: store.state(),
    actions: actionsOf(store.state(), dispatch, newMeetingId),
  });
  const app: App = {
    subscribe: (run) => {
      run(shown());
      return store.onChange(() => {
        run(shown());
      });
    },
    outlets: studio.outlets,
    nodeNow: () => wallNow() + offsetOf(store.state()),
  };

  if (as === null) void ask({ do: 'askSession' }, dispatch);
  else void ask({ do: 'signIn', as }, dispatch);
  setInterval(() => {
    if (looksAtMeetings(store.state())) dispatch({ type: 'refreshMeetings' });
  }, REFRESH_MS);
  setInterval(() => {
    if (foundNobody(store.state()))
      void ask(as === null ? { do: 'askSession' } : { do: 'signIn', as }, dispatch);
  }, ASK_AGAIN_MS);
  keepAwake(() => store.state().kiosk !== null);
  return { app, inspector: inspector(store.state, () => calls.present?.strange ?? null) };
}

function looksAtMeetings({ session, page, call, kiosk }: State): boolean {
  const looked = kiosk !== null || !document.hidden;
  return session.phase === 'signedIn' && page.name === 'meetings' && call.phase === 'idle' && looked;
}

function foundNobody({ session }: State): boolean {
  return (
    session.phase === 'signedOut' &&
    session.asking.state === 'failed' &&
    session.asking.problem.kind === 'unreachable'
  );
}

function offsetOf({ call }: State): number {
  return call.phase === 'live' ? call.clockOffsetMs : 0;
}

/** Browsers that are told to keep nothing throw at the mere question. */
function storageOf(ask: () => Storage): Storage | null {
  try {
    return ask();
  } catch {
    return null;
  }
}

function deviceKind(): 'computer' | 'phone' {
  const touch = matchMedia('(pointer: coarse)').matches;
  return touch && Math.min(screen.width, screen.height) < 600 ? 'phone' : 'computer';
}

/** An id nobody else chooses. `randomUUID` is missing on insecure pages. */
function newMeetingId(): MeetingId {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('') as MeetingId;
}
