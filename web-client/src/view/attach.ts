import type { Attachment } from 'svelte/attachments';
import type { Outlets } from '../media/outlets.ts';
import type { SlotKey } from '../protocol/slots.ts';

/** Shows a slot in a video element for as long as the element is there. */
export function showsSlot(outlets: Outlets, slot: SlotKey): Attachment<HTMLVideoElement> {
  return (element) => outlets.slot(element, slot);
}

/** Shows what this client sends. */
export function showsOwn(outlets: Outlets, source: 'camera' | 'screen'): Attachment<HTMLVideoElement> {
  return (element) => outlets.own(element, source);
}
