// How much is asked of the node: what the views show, within what the line and this computer bear. Whatever changes one
// of the three ends here, so that there is one way from them to the wish.

import type { Figures } from '../../media/stats.ts';
import type { Step } from '../events.ts';
import { climb, lineReading, loadReading, profileOf } from '../ladder.ts';
import { mosaicPool } from '../selectors.ts';
import type { Live, NoticeText, State } from '../state.ts';
import { allowance, assignMosaic, sameView, viewWish } from '../wish.ts';
import { notify, step, withLive } from './step.ts';

/** Asks for what is shown now, if that is something else than before. */
export function asked(state: State): Step {
  const { call } = state;
  if (call.phase !== 'live') return step(state);
  const { profile, showing } = call;
  const computer = call.computer.level;
  const pool = Math.min(mosaicPool(call.you.role, state.device), allowance(profile, computer).tiles);
  const shown = showing.tiles.filter(({ height }) => height > 0).map(({ seat }) => seat);
  const mosaic = assignMosaic(call.mosaic, shown, pool);
  const view = viewWish(showing, mosaic, { profile, computer, pixelRatio: state.pixelRatio });
  if (sameView(view, call.view)) return step(state);
  return step(
    withLive(state, () => ({ mosaic, view })),
    { do: 'sendView', view },
  );
}

/** Figures came: the ladders are looked at. Nothing is learnt while media is not there. */
export function onFigures(state: State, figures: Figures, now: number): Step {
  const { call } = state;
  if (call.phase !== 'live') return step(state);
  const flowing = call.media.state === 'flowing' && call.socket.state === 'up';
  const line = climb(call.line, flowing ? lineReading(call.lines.get(call.you.seat)) : 'between', now);
  const computer = climb(call.computer, flowing ? loadReading(figures.load) : 'between', now);
  return adapted(
    withLive(state, () => ({ figures, line, computer })),
    call,
  );
}

/** A person chose a profile, or left it to the line. */
export function onProfileChosen(state: State): Step {
  const { call, settings } = state;
  if (call.phase !== 'live') return step(state);
  return asked(withLive(state, (live) => ({ profile: profileOf(settings.profile, live.line) })));
}

function adapted(state: State, before: Live): Step {
  const { call, settings } = state;
  if (call.phase !== 'live') return step(state);
  const profile = profileOf(settings.profile, call.line);
  const told: NoticeText[] = [];
  if (profile !== before.profile) {
    told.push({ kind: call.line.level > before.line.level ? 'lowered' : 'raised', to: profile });
  }
  if (call.computer.level > before.computer.level) told.push({ kind: 'fewerPictures' });
  if (call.computer.level === 0 && before.computer.level > 0) told.push({ kind: 'allPictures' });
  return asked(
    told.reduce(
      notify,
      withLive(state, () => ({ profile })),
    ),
  );
}
