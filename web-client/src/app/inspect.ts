// What technicians and the browser tests may read: `window.giaoban`. Copies only, and nothing that opens a door: no
// ticket, token, password or site secret is in it.

import type { State } from '../store/state.ts';

export type Inspector = {
  readonly state: () => unknown;
  readonly stats: () => unknown;
};

export function inspector(
  state: () => State,
  strange: () => { readonly unknown: number; readonly malformed: number } | null,
): Inspector {
  return Object.freeze({
    state: () => describe(state()),
    stats: () => {
      const { call } = state();
      return call.phase === 'live' ? { figures: call.figures, strange: strange() } : null;
    },
  });
}

function describe({ session, page, call, devices, settings, notices }: State): unknown {
  const rest = { session: session.phase, page: page.name, devices, settings, notices };
  if (call.phase !== 'live') {
    return { ...rest, call: { phase: call.phase, ...('reason' in call ? { reason: call.reason } : {}) } };
  }
  const { phase, you, meeting, seats, slots, speaking, lines, media, socket, demand, mosaic, view } = call;
  return structuredClone({
    ...rest,
    call: {
      phase,
      you,
      meeting,
      seats: Object.fromEntries(seats),
      slots: Object.fromEntries(slots),
      speaking,
      lines: Object.fromEntries(lines),
      media,
      socket,
      demand,
      mosaic,
      view,
      invitation: call.invitation,
      fact: call.fact,
    },
  });
}
