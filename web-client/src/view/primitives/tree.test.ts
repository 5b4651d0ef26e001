import { describe, expect, test } from 'vitest';
import { fold } from '../../text/fold.ts';
import { drawnWindow, makeTree, matching, moveFor, rollUp, rowsOf, type TreeNode } from './tree.ts';

function node(key: string, label: string, parent?: string): TreeNode<number> {
  return { key, label, parent, folded: fold(`${label} ${key}`), item: 1 };
}

const tree = makeTree([
  node('t', 'Tỉnh'),
  node('a', 'Cụm Đông', 't'),
  node('b', 'Cụm Tây', 't'),
  node('a1', 'Xã Tân An', 'a'),
  node('a2', 'Phường Ẳng', 'a'),
  node('b1', 'Xã Hòa Bình', 'b'),
]);
const all = new Set(['t', 'a', 'b']);

function keys(open: Iterable<string>, query = ''): string[] {
  return rowsOf(tree, new Set(open), matching(tree, query)).map((row) => `${row.level}${row.node.key}`);
}

describe('rows', () => {
  test('show open branches in order, one level deeper each', () => {
    expect(keys([])).toEqual(['1t']);
    expect(keys(['t', 'b'])).toEqual(['1t', '2a', '2b', '3b1']);
  });

  test('a folded search leaves what matches and everything above it, opened', () => {
    expect(keys([], 'tan an')).toEqual(['1t', '2a', '3a1']);
    expect(keys([], 'Hoà'.normalize('NFD'))).toEqual(['1t', '2b', '3b1']);
    expect(keys([], 'a2')).toEqual(['1t', '2a', '3a2']);
    expect(keys([], 'không có')).toEqual([]);
  });

  test('a node whose parent is not there is a root', () => {
    const loose = makeTree([node('x', 'Xã', 'gone')]);
    expect(rowsOf(loose, new Set(), undefined)).toHaveLength(1);
  });

  test('counts add up over each branch', () => {
    const sums = rollUp(tree, (item) => item);
    expect([sums.get('t'), sums.get('a'), sums.get('b1')]).toEqual([6, 3, 1]);
  });
});

describe('keys', () => {
  const rows = rowsOf(tree, all, undefined);
  const at = (key: string): number => rows.findIndex((row) => row.node.key === key);

  test.each([
    ['ArrowDown', 't', { do: 'focus', index: at('a') }],
    ['ArrowUp', 't', { do: 'focus', index: 0 }],
    ['End', 't', { do: 'focus', index: rows.length - 1 }],
    ['ArrowLeft', 'a2', { do: 'focus', index: at('a') }],
    ['ArrowLeft', 'a', { do: 'close', key: 'a' }],
    ['ArrowRight', 'a', { do: 'focus', index: at('a1') }],
    ['ArrowRight', 'a1', undefined],
    ['Enter', 'b', { do: 'choose', key: 'b' }],
    [' ', 'b1', { do: 'check', key: 'b1' }],
    ['x', 'b1', undefined],
  ])('%s on %s', (key, on, expected) => {
    expect(moveFor(key, rows, at(on), 10)).toEqual(expected);
  });

  test('the right arrow opens a closed branch', () => {
    const closed = rowsOf(tree, new Set<string>(), undefined);
    expect(moveFor('ArrowRight', closed, 0, 10)).toEqual({ do: 'open', key: 't' });
  });
});

test('only the window and a margin are drawn', () => {
  expect(drawnWindow(56 * 100, 560, 56, 3000)).toEqual({ first: 94, end: 116 });
  expect(drawnWindow(0, 560, 56, 4)).toEqual({ first: 0, end: 4 });
});
