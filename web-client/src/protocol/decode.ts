// From the text of a WebSocket frame to a message. Only the tag is checked: the rest is what the node's own types
// wrote. A newer node may say things this page does not know; they are counted and passed over.

import type { ServerMessage } from './generated.ts';

/** Every message there is. A missing or surplus name does not compile. */
export const KNOWN: Readonly<Record<ServerMessage['type'], true>> = {
  welcome: true,
  snapshot: true,
  changed: true,
  reply: true,
  slots: true,
  publish: true,
  speaking: true,
  lines: true,
  pong: true,
  bye: true,
};

export type Decoded =
  | { readonly kind: 'message'; readonly message: ServerMessage }
  /** A message of a newer node. */
  | { readonly kind: 'unknown'; readonly type: string }
  /** Not a frame of this protocol at all. */
  | { readonly kind: 'malformed' };

export function decode(text: string): Decoded {
  const frame = parse(text);
  if (!isObject(frame)) return { kind: 'malformed' };
  const message = frame['message'];
  if (!isObject(message)) return { kind: 'malformed' };
  const type = message['type'];
  if (typeof type !== 'string') return { kind: 'malformed' };
  return isKnown(message, type) ? { kind: 'message', message } : { kind: 'unknown', type };
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isKnown(
  message: Record<string, unknown>,
  type: string,
): message is Record<string, unknown> & ServerMessage {
  return Object.hasOwn(KNOWN, type) && message['type'] === type;
}
