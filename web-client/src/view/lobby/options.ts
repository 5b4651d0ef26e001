import type { Device } from '../../media/devices.ts';
import type { Dictionary } from '../../text/vi.ts';

/** Devices as options; browsers hide the labels until the user has allowed one. */
export function deviceOptions(
  devices: readonly Device[],
  chosen: string,
  none: string,
  text: Dictionary['lobby'],
): { readonly key: string; readonly text: string }[] {
  const named = devices.map((device, index) => ({
    key: device.id,
    text: device.label === '' ? text.deviceUnnamed(index + 1) : device.label,
  }));
  // A remembered device that is not plugged in today, or the browser's default, is the first entry.
  return named.some((option) => option.key === chosen)
    ? named
    : [{ key: chosen, text: named[0]?.text ?? none }, ...named.slice(1)];
}
