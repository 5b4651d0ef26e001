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
