// The state before anything has happened.

import type { DeviceKind } from '../protocol/generated.ts';
import type { Settings } from './settings.ts';
import type { Kiosk } from './kiosk.ts';
import type { Returning } from './stay.ts';
import type { Asking, Devices, State } from './state.ts';

export const READY: Asking = { state: 'ready' };
export const WAITING: Asking = { state: 'waiting' };

const NO_DEVICES: Devices = {
  cameras: [],
  microphones: [],
  speakers: [],
  camera: { state: 'off' },
  microphone: { state: 'off' },
  screen: { state: 'off' },
  level: null,
  tone: false,
  soundBlocked: false,
};

/** How a page begins: what its address and the browser's storage say. */
export type Beginning = { readonly returning: Returning | null; readonly kiosk: Kiosk | null };

export function initialState(
  settings: Settings,
  pixelRatio: number,
  device: DeviceKind,
  { returning, kiosk }: Beginning,
): State {
  return {
    session: { phase: 'starting' },
    page: { name: 'meetings' },
    meetings: { state: 'absent' },
    units: { state: 'absent' },
    call: { phase: 'idle' },
    returning,
    kiosk,
    devices: NO_DEVICES,
    settings,
    notices: [],
    nextNotice: 1,
    pixelRatio,
    device,
  };
}
