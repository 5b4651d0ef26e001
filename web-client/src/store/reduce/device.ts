// Devices: what a person chose, what the edges found.

import type { Effect, CaptureSource, Intent, Sensed, Step } from '../events.ts';
import type { Settings } from '../settings.ts';
import type { Capture, Devices, Live, State } from '../state.ts';
import { onFigures, onProfileChosen } from './adapt.ts';
import { ownMicrophone } from './facts.ts';
import { notify, step, withLive } from './step.ts';

type DeviceIntent = Extract<
  Intent,
  {
    type:
      | 'chooseDevice'
      | 'changeSettings'
      | 'retryDevices'
      | 'playTone'
      | 'unblockSound'
      | 'dismissNotice'
      | 'camera'
      | 'present';
  }
>;

export function onDeviceIntent(state: State, intent: DeviceIntent): Step {
  switch (intent.type) {
    case 'chooseDevice':
      return chooseDevice(state, intent);
    case 'changeSettings':
      return changeSettings(state, intent.change);
    case 'retryDevices':
      return step(
        state,
        { do: 'listDevices' },
        ...failedSources(state.devices).map((source): Effect => ({ do: 'capture', source })),
      );
    case 'playTone':
      return step(withDevices(state, { tone: true }), { do: 'playTone' });
    case 'unblockSound':
      return step(state, { do: 'unblockSound' });
    case 'dismissNotice':
      return step({ ...state, notices: state.notices.filter((notice) => notice.id !== intent.id) });
    case 'camera':
      return intent.on
        ? step(withCapture(state, 'camera', { state: 'starting' }), { do: 'capture', source: 'camera' })
        : step(
            withCapture(state, 'camera', { state: 'off' }),
            { do: 'stopCapture', source: 'camera' },
            ...tell(state, 'camera', 'off'),
          );
    case 'present':
      return intent.on
        ? step(withCapture(state, 'screen', { state: 'starting' }), { do: 'capture', source: 'screen' })
        : step(
            withCapture(state, 'screen', { state: 'off' }),
            { do: 'stopCapture', source: 'screen' },
            ...endPresenting(state),
          );
    default:
      return intent satisfies never;
  }
}

export function onSensed(state: State, event: Sensed, now: number): Step {
  switch (event.type) {
    case 'devices':
      return step(
        withDevices(state, {
          cameras: event.cameras,
          microphones: event.microphones,
          speakers: event.speakers,
        }),
      );
    case 'captureStarted':
      return onStarted(state, event.source, event.label);
    case 'captureFailed':
      return onFailed(state, event);
    case 'captureClosed':
      return step(withCapture(state, event.source, { state: 'off' }));
    case 'captureStopped':
      return onStopped(state, event.source);
    case 'captureStalled':
      if (!inCall(state)) return step(state);
      return step(withCapture(state, event.source, { state: 'starting' }), {
        do: 'capture',
        source: event.source,
      });
    case 'level':
      return step(withDevices(state, { level: { value: event.value, loudness: event.loudness } }));
    case 'talkingWhileOff':
      if (state.call.phase !== 'live' || ownMicrophone(state.call) === 'open') return step(state);
      return step(notify(state, { kind: 'talkingWhileOff' }));
    case 'toneEnded':
      return step(withDevices(state, { tone: false }));
    case 'soundBlocked':
      return step(withDevices(state, { soundBlocked: event.blocked }));
    case 'slotFlipped':
      return step(withSlot(state, event.slot, (slot) => ({ ...slot, shown: slot.announced, frozen: false })));
    case 'slotFrozen':
      return step(withSlot(state, event.slot, (slot) => ({ ...slot, frozen: event.frozen })));
    case 'figures':
      return onFigures(state, event.figures, now);
    default:
      return event satisfies never;
  }
}

function withDevices(state: State, change: Partial<Devices>): State {
  return { ...state, devices: { ...state.devices, ...change } };
}

function withCapture(state: State, source: CaptureSource, capture: Capture): State {
  const level = source === 'microphone' && capture.state !== 'on' ? null : state.devices.level;
  return withDevices(state, { [source]: capture, level });
}

type SlotOf = Live['slots'] extends ReadonlyMap<infer Key, infer Value> ? { key: Key; value: Value } : never;

function withSlot(
  state: State,
  key: SlotOf['key'],
  change: (slot: SlotOf['value']) => SlotOf['value'],
): State {
  return withLive(state, (live) => {
    const slot = live.slots.get(key);
    return slot === undefined ? {} : { slots: new Map(live.slots).set(key, change(slot)) };
  });
}

function failedSources(devices: Devices): readonly CaptureSource[] {
  return (['camera', 'microphone'] as const).filter((source) => devices[source].state === 'failed');
}

function chooseDevice(state: State, { kind, id }: Extract<Intent, { type: 'chooseDevice' }>): Step {
  if (kind === 'speaker') {
    const next = changeSettings(state, { speakerId: id });
    return step(next.state, ...next.effects, { do: 'chooseSpeaker', id });
  }
  const next = changeSettings(state, kind === 'camera' ? { cameraId: id } : { microphoneId: id });
  return step(withCapture(next.state, kind, { state: 'starting' }), ...next.effects, {
    do: 'capture',
    source: kind,
  });
}

function changeSettings(state: State, change: Partial<Settings>): Step {
  const settings = { ...state.settings, ...change };
  const effects: Effect[] = [{ do: 'saveSettings', settings }];
  // Another sound mode is another set of constraints: the microphone is opened anew.
  const reopened = settings.sound !== state.settings.sound && state.devices.microphone.state !== 'off';
  if (reopened) effects.push({ do: 'capture', source: 'microphone' });
  const next = onProfileChosen({ ...state, settings });
  return step(next.state, ...effects, ...next.effects);
}

/** Devices are opened for the lobby and the meeting only. */
function inCall(state: State): boolean {
  return state.call.phase !== 'idle' && state.call.phase !== 'left';
}

function onStarted(state: State, source: CaptureSource, label: string): Step {
  // The answer came after the meeting was left: the light of the camera must not stay on.
  if (!inCall(state)) return step(state, { do: 'stopCapture', source });
  const next = withCapture(state, source, { state: 'on', label });
  switch (source) {
    case 'camera':
      // Names of devices are known only after the first permission.
      return step(next, { do: 'listDevices' }, ...tell(state, 'camera', 'on'));
    case 'microphone':
      return step(next, { do: 'listDevices' });
    case 'screen':
      return step(next, ...startPresenting(state));
    default:
      return source satisfies never;
  }
}

function onFailed(state: State, event: Extract<Sensed, { type: 'captureFailed' }>): Step {
  if (event.why === 'cancelled') return step(withCapture(state, event.source, { state: 'off' }));
  const next = withCapture(state, event.source, { state: 'failed', why: event.why });
  // The lobby shows failures in place; in the meeting they come as a notice.
  if (state.call.phase !== 'live') return step(next);
  return step(
    notify(next, { kind: 'captureFailed', source: event.source, why: event.why }),
    ...(event.source === 'camera' ? tell(state, 'camera', 'off') : []),
  );
}

/** A device ended by itself: unplugged, taken away, or sharing was stopped in the browser's own bar. */
function onStopped(state: State, source: CaptureSource): Step {
  if (source === 'screen') {
    return step(withCapture(state, source, { state: 'off' }), ...endPresenting(state));
  }
  if (!inCall(state)) return step(withCapture(state, source, { state: 'off' }));
  return onFailed(state, { type: 'captureFailed', source, why: 'missing' });
}

function tell(state: State, source: 'camera' | 'screen', presence: 'on' | 'off'): readonly Effect[] {
  if (state.call.phase !== 'live') return [];
  return [{ do: 'send', message: { type: 'setSource', source, presence } }];
}

function startPresenting(state: State): readonly Effect[] {
  if (state.call.phase !== 'live') return [];
  return [...tell(state, 'screen', 'on'), { do: 'send', message: { type: 'startPresenting' } }];
}

function endPresenting(state: State): readonly Effect[] {
  if (state.call.phase !== 'live' || state.call.meeting.presenter !== state.call.you.seat) return [];
  return [{ do: 'send', message: { type: 'stopPresenting' } }, ...tell(state, 'screen', 'off')];
}
