// What a broken line looks like in the room. Pure. A short break is not shown at all: most are over before one reads.

import type { Media, Socket } from '../../store/state.ts';

export type Trouble =
  | { readonly kind: 'none' }
  /** The socket alone is away. */
  | { readonly kind: 'short' }
  /** The transport looks for another path. */
  | { readonly kind: 'media' }
  | { readonly kind: 'long'; readonly seconds: number; readonly heard: boolean };

/** A break is not shown before this. */
const QUIET_MS = 2_000;

/** From here on it is said in full, with what to do. */
const LONG_MS = 6_000;

export function troubleOf(media: Media, socket: Socket, now: number): Trouble {
  const heard = media.state === 'flowing';
  const since = Math.min(
    socket.state === 'resuming' ? socket.since : Infinity,
    media.state === 'rejoining' || media.state === 'restarting' ? media.since : Infinity,
  );
  const lasts = now - since;
  if (lasts >= LONG_MS || (media.state === 'rejoining' && lasts >= QUIET_MS)) {
    return { kind: 'long', seconds: Math.floor(lasts / 1000), heard };
  }
  if (lasts < QUIET_MS) return { kind: 'none' };
  return media.state === 'restarting' ? { kind: 'media' } : { kind: 'short' };
}
