// Slots by a flat key, for maps and for the views. The wire's `SlotName` stays the only definition.

import type { SlotName } from './generated.ts';

/** A slot's name as a key: `audio0`–`audio2`, `floorAudio`, `programme`, `slides`, `mosaic0`… */
export type SlotKey = 'programme' | 'slides' | 'floorAudio' | `audio${number}` | `mosaic${number}`;

export function slotKey(slot: SlotName): SlotKey {
  switch (slot.kind) {
    case 'programme':
    case 'slides':
    case 'floorAudio':
      return slot.kind;
    case 'audio':
      return `audio${slot.index}`;
    case 'mosaic':
      return `mosaic${slot.index}`;
    default:
      return slot satisfies never;
  }
}
