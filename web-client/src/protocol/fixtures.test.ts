// The golden messages that the node's own types have written: this client must understand every one of them.

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { decode, KNOWN } from './decode.ts';

const FIXTURES = join(import.meta.dirname, '../../../signaling/protocol/fixtures');

type Fixture = { readonly file: string; readonly text: string; readonly frame: Record<string, unknown> };

const fixtures: readonly Fixture[] = readdirSync(FIXTURES, { recursive: true, encoding: 'utf8' })
  .filter((file) => file.endsWith('.json'))
  .map((file) => {
    const text = readFileSync(join(FIXTURES, file), 'utf8');
    return { file, text, frame: JSON.parse(text) as Record<string, unknown> };
  });

/** A node's frame is nothing but its message; a client's has a number as well. */
const served = fixtures.filter(({ frame }) => Object.keys(frame).join() === 'message');

describe('every golden message of a node', () => {
  test.each(served.map(({ file, text, frame }) => [file, text, frame] as const))('%s', (_, text, frame) => {
    expect(decode(text)).toEqual({ kind: 'message', message: frame['message'] });
  });
});

test('there is one for every message this client knows', () => {
  const types = served.map(({ frame }) => (frame['message'] as { type: string }).type);
  expect([...new Set(types)].sort()).toEqual(Object.keys(KNOWN).sort());
});
