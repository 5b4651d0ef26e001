// Cameras, microphones and loudspeakers there are, and opening them with failures that have names.

/** Why a device could not be opened. */
export type CaptureFailure =
  /** The browser or its user said no. */
  | 'denied'
  /** There is no such device. */
  | 'missing'
  /** Another program has it. */
  | 'busy'
  /** The page is not on HTTPS or loopback, so the browser offers no devices. */
  | 'insecure'
  /** The browser cannot do it at all (screen sharing on a phone). */
  | 'unsupported'
  /** The user closed the chooser; nothing to complain about. */
  | 'cancelled'
  | 'unknown';

/** One device to choose from. Labels are empty until the user has allowed one of the kind. */
export type Device = { readonly id: string; readonly label: string };

export type DeviceList = {
  readonly cameras: readonly Device[];
  readonly microphones: readonly Device[];
  readonly speakers: readonly Device[];
};

export type Opened =
  { readonly ok: true; readonly stream: MediaStream } | { readonly ok: false; readonly why: CaptureFailure };

/** The browser's devices; absent on an insecure page. */
function mediaDevices(): MediaDevices | undefined {
  return (navigator as { mediaDevices?: MediaDevices }).mediaDevices;
}

export async function listDevices(): Promise<DeviceList> {
  const infos = (await mediaDevices()?.enumerateDevices()) ?? [];
  const ofKind = (kind: MediaDeviceKind): readonly Device[] =>
    infos
      // Before the first permission browsers list one nameless device of a kind.
      .filter((info) => info.kind === kind && info.deviceId !== '')
      .map((info) => ({ id: info.deviceId, label: info.label }));
  return {
    cameras: ofKind('videoinput'),
    microphones: ofKind('audioinput'),
    speakers: ofKind('audiooutput'),
  };
}

/** Calls back when a device is plugged in or out; the result stops that. */
export function onDevicesChanged(run: () => void): () => void {
  const devices = mediaDevices();
  devices?.addEventListener('devicechange', run);
  return () => {
    devices?.removeEventListener('devicechange', run);
  };
}

export async function openDevice(constraints: MediaStreamConstraints): Promise<Opened> {
  const devices = mediaDevices();
  if (devices === undefined) return { ok: false, why: 'insecure' };
  try {
    return { ok: true, stream: await devices.getUserMedia(constraints) };
  } catch (error) {
    return { ok: false, why: failureOf(error) };
  }
}

export async function openScreen(options: DisplayMediaStreamOptions): Promise<Opened> {
  const devices = mediaDevices();
  if (devices === undefined) return { ok: false, why: 'insecure' };
  if (!('getDisplayMedia' in devices)) return { ok: false, why: 'unsupported' };
  try {
    return { ok: true, stream: await devices.getDisplayMedia(options) };
  } catch (error) {
    const why = failureOf(error);
    // For a screen "not allowed" is what closing the chooser gives.
    return { ok: false, why: why === 'denied' ? 'cancelled' : why };
  }
}

/** Browsers' names of failures, sorted by what a person can do about them. */
export function failureOf(error: unknown): CaptureFailure {
  switch (error instanceof Error ? error.name : '') {
    case 'NotAllowedError':
    case 'SecurityError':
      return 'denied';
    case 'NotFoundError':
    case 'OverconstrainedError':
      return 'missing';
    case 'NotReadableError':
    case 'AbortError':
      return 'busy';
    case 'NotSupportedError':
    case 'TypeError':
      return 'unsupported';
    default:
      return 'unknown';
  }
}
