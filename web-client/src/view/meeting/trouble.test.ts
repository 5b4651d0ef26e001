import { expect, test } from 'vitest';
import type { Media, Socket } from '../../store/state.ts';
import { troubleOf } from './trouble.ts';

const up: Socket = { state: 'up' };
const away: Socket = { state: 'resuming', since: 0 };
const flowing: Media = { state: 'flowing' };
const restarting: Media = { state: 'restarting', since: 0 };
const rejoining: Media = { state: 'rejoining', since: 0 };

test.each([
  ['nothing wrong', flowing, up, 9_000, { kind: 'none' }],
  ['a blink of the socket', flowing, away, 1_900, { kind: 'none' }],
  ['a short break of the socket', flowing, away, 2_000, { kind: 'short' }],
  ['another path is looked for', restarting, up, 2_500, { kind: 'media' }],
  ['a long break with sound', flowing, away, 7_400, { kind: 'long', seconds: 7, heard: true }],
  ['everything is away', rejoining, away, 2_000, { kind: 'long', seconds: 2, heard: false }],
] as const)('%s', (_, media, socket, now, expected) => {
  expect(troubleOf(media, socket, now)).toEqual(expected);
});
