// Carries effects out: each is one call of an edge.

import type { Effect, Event } from '../store/events.ts';
import { saveSettings, type SettingsStorage } from '../store/settings.ts';
import type { State } from '../store/state.ts';
import { ask } from './asks.ts';
import type { Calls } from './calls.ts';
import { quitKiosk } from './siteLink.ts';
import type { StudioRoom } from './studio.ts';

/** Timers of browsers may be early by a few milliseconds. */
const TIMER_SLACK_MS = 20;

export type Edges = {
  readonly studio: StudioRoom;
  readonly calls: Calls;
  readonly storage: SettingsStorage | null;
  readonly dispatch: (event: Event) => void;
};

export function createCarrier(edges: Edges): (effect: Effect, state: State) => void {
  const { studio, calls, storage, dispatch } = edges;
  return (effect, state) => {
    switch (effect.do) {
      case 'startCall':
        void calls.start(effect);
        return;
      case 'endCall':
        calls.end(effect.leave);
        return;
      case 'send':
        calls.present?.send(effect.message);
        return;
      case 'sendView':
        calls.present?.sendView(effect.view);
        return;
      case 'publish':
        calls.present?.publish(effect);
        return;
      case 'sendMicrophone':
        calls.present?.sendMicrophone(effect.open);
        return;
      case 'remindInvitation':
        calls.present?.after(effect.afterMs + TIMER_SLACK_MS, () => {
          dispatch({ type: 'invitationDue' });
        });
        return;
      case 'fillSlot': {
        const { slot, mid, empty, rtpTimestamp } = effect;
        studio.slots.fill(slot, mid, empty ? 'empty' : { rtpTimestamp });
        return;
      }
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
      case 'quitKiosk':
        quitKiosk();
        return;
      default:
        void ask(effect, dispatch);
    }
  };
}
