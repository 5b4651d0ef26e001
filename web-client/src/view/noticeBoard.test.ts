import { expect, test } from 'vitest';
import type { Notice } from '../store/state.ts';
import { foremost } from './noticeBoard.ts';

const locked: Notice = { id: 1, text: { kind: 'microphoneLocked' } };
const ended: Notice = { id: 2, text: { kind: 'speechEnded' } };
const back: Notice = { id: 3, text: { kind: 'reconnected' } };

test.each([
  [[], undefined],
  [[back], back],
  [[locked, ended, back], ended],
  [[locked, back], locked],
])('what concerns the own microphone stands before what is only good to know', (notices, shown) => {
  expect(foremost(notices)).toBe(shown);
});
