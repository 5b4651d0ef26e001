import { describe, expect, test } from 'vitest';
import type { LineQuality } from '../../protocol/generated.ts';
import type { Load } from '../../media/load.ts';
import type { Figures } from '../../media/stats.ts';
import type { Event } from '../events.ts';
import { pictureRoom } from '../selectors.ts';
import type { State } from '../state.ts';
import { joined, liveOf, run, seat, seatId } from '../testing.ts';

const many = Array.from({ length: 12 }, (_, index) => seat(`X${String(index + 1)}`, { order: index }));
const SHOWING = {
  programme: 720,
  slides: 0,
  tiles: many.slice(1).map(({ seat: id }) => ({ seat: id, height: 240 })),
};

function inside(): State {
  return run(joined('site', ['speak'], many), [{ type: 'mediaFlowing' }, { type: 'show', showing: SHOWING }])
    .state;
}

const figures = (load: Load | null): Figures => ({
  at: 0,
  roundTripMs: 40,
  sendKbps: 0,
  receiveKbps: 0,
  received: [],
  load,
  sent: [],
});

const line = (quality: LineQuality): Event => ({
  type: 'received',
  message: { type: 'lines', lines: [[seatId('X1'), quality]] },
});

/** Figures every two seconds for some seconds. */
function passing(state: State, seconds: number, load: Load | null = null, from = 0) {
  let at = { state, effects: [] as readonly unknown[] };
  for (let second = 0; second <= seconds; second += 2) {
    const next = run(at.state, [{ type: 'figures', figures: figures(load) }], (from + second) * 1_000);
    at = { state: next.state, effects: [...at.effects, ...next.effects] };
  }
  return at;
}

describe('a poor line', () => {
  const poor = passing(run(inside(), [line('poor')]).state, 8);

  test('asks for less, in one wish, and says so once', () => {
    expect(liveOf(poor.state).profile).toBe('saver');
    expect(poor.effects).toEqual([{ do: 'sendView', view: liveOf(poor.state).view }]);
    expect(poor.state.notices.map(({ text }) => text)).toEqual([{ kind: 'lowered', to: 'saver' }]);
    const { view } = liveOf(poor.state);
    expect(view.programmeHeight).toBe(360);
    expect(view.mosaic.map(({ height }) => height)).toEqual([180, 180, 180, 180]);
    expect(pictureRoom(liveOf(poor.state), 'computer')).toBe(4);
  });

  test('that stays poor leaves the sound and stills', () => {
    const worse = passing(poor.state, 16, null, 8);
    expect(liveOf(worse.state).view).toMatchObject({
      profile: 'audioStills',
      programmeHeight: 360,
      mosaic: [],
    });
  });

  test('that is good again gives the pictures back, as large as they are shown', () => {
    const better = passing(run(poor.state, [line('good')]).state, 24, null, 8);
    expect(liveOf(better.state).view).toEqual(liveOf(inside()).view);
    expect(better.state.notices.map(({ text }) => text)).toContainEqual({ kind: 'raised', to: 'full' });
  });

  test('changes nothing for who has chosen, and counts again when the choice is given back', () => {
    const chosen = run(inside(), [
      line('poor'),
      { type: 'changeSettings', change: { profile: 'full' } },
    ]).state;
    const later = passing(chosen, 8);
    expect(liveOf(later.state).profile).toBe('full');
    expect(later.state.notices).toEqual([]);
    const automatic = run(later.state, [{ type: 'changeSettings', change: { profile: 'auto' } }]);
    expect(liveOf(automatic.state).profile).toBe('saver');
    expect(automatic.effects).toContainEqual(expect.objectContaining({ do: 'sendView' }));
  });

  test('teaches nothing while the connection is away', () => {
    const away = run(inside(), [line('poor'), { type: 'socketLost' }]).state;
    expect(liveOf(passing(away, 60).state).profile).toBe('full');
  });
});

describe('an old computer', () => {
  const late: Load = { dropped: 0.3, busy: 0, decoding: 0 };

  test('is given fewer and smaller pictures, never a smaller meeting of the line', () => {
    const { state } = passing(inside(), 8, late);
    expect(liveOf(state).profile).toBe('full');
    expect(liveOf(state).view.programmeHeight).toBe(720);
    expect(liveOf(state).view.mosaic.map(({ height }) => height)).toEqual([180, 180, 180, 180, 180, 180]);
    expect(state.notices.map(({ text }) => text)).toEqual([{ kind: 'fewerPictures' }]);
    const worse = passing(state, 20, late, 8);
    expect(liveOf(worse.state).view.mosaic).toHaveLength(2);
    expect(liveOf(worse.state).view.programmeHeight).toBe(360);
  });

  test('gets them all back when it keeps up', () => {
    const strained = passing(inside(), 8, late).state;
    const { state } = passing(strained, 24, { dropped: 0, busy: 0.1, decoding: 0 }, 8);
    expect(liveOf(state).view).toEqual(liveOf(inside()).view);
    expect(state.notices.map(({ text }) => text)).toContainEqual({ kind: 'allPictures' });
  });
});

test('what the views show while there is less room is remembered for when there is more', () => {
  const poor = passing(run(inside(), [line('poor')]).state, 8).state;
  const fewer = { ...SHOWING, tiles: SHOWING.tiles.slice(0, 4) };
  const paged = run(poor, [{ type: 'show', showing: fewer }]).state;
  const better = passing(run(paged, [line('good')]).state, 24, null, 8).state;
  expect(liveOf(better).view.mosaic.map(({ height }) => height)).toEqual([360, 360, 360, 360]);
});
