// Wires the edges to the store and the store to the view: edges → events → `reduce` → effects → edges.

import type { MeetingId } from '../protocol/generated.ts';
import { actionsOf } from '../store/available.ts';
import type { Effect, Event } from '../store/events.ts';
import { initialState } from '../store/initial.ts';
import { loadSettings, saveSettings, type SettingsStorage } from '../store/settings.ts';
import type { App, Shown } from '../store/shown.ts';
import type { State } from '../store/state.ts';
import { ask } from './asks.ts';
import { CallSession } from './call.ts';
import { wallNow } from './clock.ts';
import { inspector, type Inspector } from './inspect.ts';
import { takeSiteLink } from './siteLink.ts';
import { createStore } from './store.ts';
import { createStudio } from './studio.ts';

/** The list of meetings is looked at by people who wait for one to begin. */
const REFRESH_MS = 15_000;

/** Timers of browsers may be early by a few milliseconds. */
const TIMER_SLACK_MS = 20;

export function createApp(): { readonly app: App; readonly inspector: Inspector } {
  const storage = storageOf();
  const settings = loadSettings(storage);
  let call: CallSession | null = null;
  const dispatch = (event: Event): void => {
    store.dispatch(event);
  };
  const studio = createStudio(settings, dispatch, (source) => call?.trackChanged(source));

  const carryOut = (effect: Effect, state: State): void => {
    switch (effect.do) {
      case 'startCall':
        call?.end('silently');
        call = new CallSession(effect, studio, dispatch);
        return;
      case 'endCall':
        call?.end(effect.leave);
        call = null;
        return;
      case 'send':
        call?.send(effect.message);
        return;
      case 'sendView':
        call?.sendView(effect.view);
        return;
      case 'publish':
        call?.publish(effect);
        return;
      case 'sendMicrophone':
        call?.sendMicrophone(effect.open);
        return;
      case 'remindInvitation':
        call?.after(effect.afterMs + TIMER_SLACK_MS, () => {
          dispatch({ type: 'invitationDue' });
        });
        return;
      case 'fillSlot':
        studio.slots.fill(
          effect.slot,
          effect.mid,
          effect.empty ? 'empty' : { rtpTimestamp: effect.rtpTimestamp },
        );
        return;
      case 'capture':
        studio.open(effect.source, state.settings);
        return;
      case 'stopCapture':
        studio.capture.close(effect.source);
        return;
      case 'listDevices':
        studio.list();
        return;
      case 'chooseSpeaker':
        studio.playback.choose(effect.id);
        return;
      case 'playTone':
        studio.test();
        return;
      case 'unblockSound':
        void studio.playback.unblock();
        return;
      case 'chime':
        studio.cue(effect.sound);
        return;
      case 'saveSettings':
        saveSettings(storage, effect.settings);
        return;
      case 'askSession':
      case 'signIn':
      case 'changePassword':
      case 'signOut':
      case 'loadMeetings':
      case 'loadUnits':
      case 'createMeeting':
      case 'loadAccounts':
      case 'loadAdministration':
      case 'createAccount':
      case 'issueSite':
      case 'revokeSite':
      case 'askTicket':
        void ask(effect, dispatch);
        return;
      default:
        effect satisfies never;
    }
  };

  const store = createStore(initialState(settings, devicePixelRatio, deviceKind()), wallNow, carryOut);
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

  const link = takeSiteLink();
  if (link === null) void ask({ do: 'askSession' }, dispatch);
  else void ask({ do: 'signIn', as: link }, dispatch);
  setInterval(() => {
    if (looksAtMeetings(store.state())) dispatch({ type: 'refreshMeetings' });
  }, REFRESH_MS);
  return { app, inspector: inspector(store.state, () => call?.strange ?? null) };
}

function looksAtMeetings({ session, page, call }: State): boolean {
  return (
    session.phase === 'signedIn' && page.name === 'meetings' && call.phase === 'idle' && !document.hidden
  );
}

function offsetOf({ call }: State): number {
  return call.phase === 'live' ? call.clockOffsetMs : 0;
}

/** Browsers that are told to keep nothing throw at the mere question. */
function storageOf(): SettingsStorage | null {
  try {
    return localStorage;
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
