// What this browser remembers between visits. Whatever is in the storage is checked: another version, another
// program or a user may have written it.

import type { ProfileChoice } from './ladder.ts';

/** Where the sound comes from: a room's mixer wants no processing, a computer's microphone wants all of it. */
export type SoundMode = 'room' | 'computer';

/** Language of the interface. */
export type Language = 'vi' | 'en';

export type Settings = {
  readonly language: Language;
  readonly profile: ProfileChoice;
  readonly sound: SoundMode;
  /** Empty: the browser's default. */
  readonly cameraId: string;
  readonly microphoneId: string;
  readonly speakerId: string;
  /** Open the microphone as soon as one is invited to speak, without asking; for rooms without staff. */
  readonly openWhenInvited: boolean;
  /** Single-letter shortcuts can be switched off (WCAG 2.1.4). */
  readonly shortcuts: boolean;
};

export const DEFAULT_SETTINGS: Settings = {
  language: 'vi',
  profile: 'auto',
  sound: 'computer',
  cameraId: '',
  microphoneId: '',
  speakerId: '',
  openWhenInvited: false,
  shortcuts: true,
};

/** The part of `Storage` that is used. */
export type SettingsStorage = Pick<Storage, 'getItem' | 'setItem'>;

const KEY = 'giaoban.settings';

/** Reads the settings; anything missing, unknown or broken becomes its default. */
export function loadSettings(storage: SettingsStorage | null): Settings {
  const stored = parse(storage);
  return {
    language: oneOf(stored['language'], ['vi', 'en']) ?? DEFAULT_SETTINGS.language,
    profile:
      oneOf(stored['profile'], ['auto', 'full', 'saver', 'audioStills', 'audioOnly']) ??
      DEFAULT_SETTINGS.profile,
    sound: oneOf(stored['sound'], ['room', 'computer']) ?? DEFAULT_SETTINGS.sound,
    cameraId: text(stored['cameraId']),
    microphoneId: text(stored['microphoneId']),
    speakerId: text(stored['speakerId']),
    openWhenInvited: flag(stored['openWhenInvited'], DEFAULT_SETTINGS.openWhenInvited),
    shortcuts: flag(stored['shortcuts'], DEFAULT_SETTINGS.shortcuts),
  };
}

/** Keeps the settings. A full or forbidden storage only means that they are asked again next time. */
export function saveSettings(storage: SettingsStorage | null, settings: Settings): void {
  try {
    storage?.setItem(KEY, JSON.stringify(settings));
  } catch {
    // Private windows refuse to store.
  }
}

function parse(storage: SettingsStorage | null): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(storage?.getItem(KEY) ?? '{}');
    return typeof value === 'object' && value !== null ? { ...value } : {};
  } catch {
    return {};
  }
}

function oneOf<T extends string>(value: unknown, allowed: readonly T[]): T | undefined {
  return allowed.find((candidate) => candidate === value);
}

function text(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

function flag(value: unknown, otherwise: boolean): boolean {
  return typeof value === 'boolean' ? value : otherwise;
}
