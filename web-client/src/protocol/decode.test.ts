import { expect, test } from 'vitest';
import { decode } from './decode.ts';

test.each([
  ['', 'malformed'],
  ['nonsense', 'malformed'],
  ['null', 'malformed'],
  ['[]', 'malformed'],
  ['{}', 'malformed'],
  ['{"message":null}', 'malformed'],
  ['{"message":{"type":7}}', 'malformed'],
  ['{"message":{"type":"toString"}}', 'unknown'],
  ['{"message":{"type":"weather","sun":true}}', 'unknown'],
  ['{"message":{"type":"pong","serverTime":5}}', 'message'],
  ['{"message":{"type":"pong","serverTime":5,"later":1},"also":2}', 'message'],
])('%s is %s', (text, kind) => {
  expect(decode(text).kind).toBe(kind);
});
