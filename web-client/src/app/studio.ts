// Devices of the page: capture, meter, loudspeaker, pictures on elements. It lives as long as the page; a call uses it.

import { Capture, type CaptureChoice, type CaptureKind } from '../media/capture.ts';
import { listDevices, onDevicesChanged } from '../media/devices.ts';
import { startMeter } from '../media/meter.ts';
import type { Outlets } from '../media/outlets.ts';
import { Playback } from '../media/playback.ts';
import { show, Slots } from '../media/slots.ts';
import type { Cue } from '../media/tone.ts';
import type { PublishSource } from '../protocol/generated.ts';
import type { Event } from '../store/events.ts';
import type { Settings } from '../store/settings.ts';
import { steadyNow } from './clock.ts';

/** A smaller move of the meter is not worth a repaint. */
const LEVEL_STEP = 0.02;

export type StudioRoom = {
  readonly capture: Capture;
  readonly slots: Slots;
  readonly playback: Playback;
  readonly outlets: Outlets;
  readonly open: (kind: CaptureKind, settings: Settings) => void;
  readonly list: () => void;
  readonly cue: (cue: Cue) => void;
  readonly test: () => void;
};

export function createStudio(
  settings: Settings,
  dispatch: (event: Event) => void,
  onTrack: (source: PublishSource) => void,
): StudioRoom {
  const atNextTouch = createTouch();
  const playback: Playback = new Playback(settings.speakerId, {
    onBlocked: (blocked) => {
      dispatch({ type: 'soundBlocked', blocked });
      if (blocked) atNextTouch(() => void playback.unblock());
    },
  });
  const slots = new Slots(steadyNow, {
    onFlipped: (slot) => {
      dispatch({ type: 'slotFlipped', slot });
    },
    onFrozen: (slot, frozen) => {
      dispatch({ type: 'slotFrozen', slot, frozen });
    },
  });
  const own = createOwnPictures();
  const meter = createMeter(playback, dispatch);
  const capture = new Capture({
    onStarted: (source, label) => {
      dispatch({ type: 'captureStarted', source, label });
    },
    onFailed: (source, why) => {
      dispatch({ type: 'captureFailed', source, why });
    },
    onClosed: (source) => {
      dispatch({ type: 'captureClosed', source });
    },
    onEnded: (source) => {
      dispatch({ type: 'captureStopped', source });
    },
    onTrack: (source, track) => {
      if (source === 'microphone') meter(track);
      if (source === 'camera' || source === 'screen') own.changed(source, track);
      onTrack(source);
    },
  });
  const list = (): void => {
    void listDevices().then((devices) => {
      dispatch({ type: 'devices', ...devices });
    });
  };
  onDevicesChanged(list);
  document.addEventListener('visibilitychange', () => {
    if (!document.hidden)
      for (const kind of capture.stalled()) dispatch({ type: 'captureStalled', source: kind });
  });
  return {
    capture,
    slots,
    playback,
    outlets: { slot: (element, slot) => slots.attach(element, slot), own: own.attach },
    open: (kind, now) => void capture.open(kind, choiceOf(now)),
    list,
    cue: (cue) => void playback.cue(cue),
    test: () => {
      const lasts = playback.cue('test');
      setTimeout(() => {
        dispatch({ type: 'toneEnded' });
      }, lasts);
    },
  };
}

function choiceOf({ cameraId, microphoneId, sound }: Settings): CaptureChoice {
  return { cameraId, microphoneId, sound };
}

/** Any touch of the page allows sound, not only that of the button which asks for it. */
function createTouch(): (run: () => void) => void {
  let waiting: AbortController | null = null;
  return (run) => {
    waiting?.abort();
    const mine = new AbortController();
    waiting = mine;
    const touched = (): void => {
      mine.abort();
      run();
    };
    for (const kind of ['click', 'keydown'])
      document.addEventListener(kind, touched, { signal: mine.signal });
  };
}

/** Elements that show what this client would send. */
function createOwnPictures(): {
  readonly attach: Outlets['own'];
  readonly changed: (source: 'camera' | 'screen', track: MediaStreamTrack | null) => void;
} {
  const tracks = new Map<'camera' | 'screen', MediaStreamTrack>();
  const elements = new Map<HTMLVideoElement, 'camera' | 'screen'>();
  return {
    attach: (element, source) => {
      elements.set(element, source);
      show(element, tracks.get(source));
      return () => {
        elements.delete(element);
        element.srcObject = null;
      };
    },
    changed: (source, track) => {
      if (track === null) tracks.delete(source);
      else tracks.set(source, track);
      for (const [element, shown] of elements) if (shown === source) show(element, tracks.get(source));
    },
  };
}

/** Follows the microphone: one meter at a time, silent steps left out. */
function createMeter(
  playback: Playback,
  dispatch: (event: Event) => void,
): (track: MediaStreamTrack | null) => void {
  let stop = (): void => undefined;
  return (track) => {
    stop();
    stop = () => undefined;
    if (track === null) return;
    let last = { value: -1, loudness: '' };
    stop = startMeter(playback.context(), new MediaStream([track]), steadyNow, {
      onLevel: (value, loudness) => {
        if (Math.abs(value - last.value) < LEVEL_STEP && loudness === last.loudness) return;
        last = { value, loudness };
        dispatch({ type: 'level', value, loudness });
      },
      onTalking: () => {
        dispatch({ type: 'talkingWhileOff' });
      },
    });
  };
}
