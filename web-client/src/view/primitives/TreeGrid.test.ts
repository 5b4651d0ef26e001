import { fireEvent, render, screen } from '@testing-library/svelte';
import { createRawSnippet } from 'svelte';
import { expect, test, vi } from 'vitest';
import { fold } from '../../text/fold.ts';
import { makeTree, type TreeRow } from './tree.ts';
import TreeGrid from './TreeGrid.svelte';

const node = (key: string, label: string, parent?: string) => ({
  key,
  label,
  parent,
  folded: fold(label),
  item: undefined,
});
const tree = makeTree([node('t', 'Tỉnh'), node('a', 'Xã Tân An', 't'), node('b', 'Phường Ẳng', 't')]);
const cells = createRawSnippet<[TreeRow<unknown>]>((row) => ({
  render: () => `<span>${row().node.label}</span>`,
}));
const empty = createRawSnippet(() => ({ render: () => '<p>Không có</p>' }));

function show(query = '') {
  const [choose, check] = [vi.fn(), vi.fn()];
  render(TreeGrid, {
    label: 'Điểm cầu',
    tree,
    query,
    opened: new Set<string>(),
    choose,
    checked: new Set(['b']),
    check,
    cells,
    empty,
  });
  return { choose, check, grid: query === 'xyz' ? null : screen.getByRole('treegrid', { name: 'Điểm cầu' }) };
}

const rows = (): (string | null)[] => screen.getAllByRole('row').map((row) => row.textContent.trim());

test('arrows open a branch and walk it, Enter chooses, Space ticks', async () => {
  const { choose, check, grid } = show();
  if (grid === null) throw new Error('the grid is there');
  expect(rows()).toEqual(['Tỉnh']);
  await fireEvent.keyDown(grid, { key: 'ArrowRight' });
  expect(rows()).toEqual(['Tỉnh', 'Xã Tân An', 'Phường Ẳng']);
  await fireEvent.keyDown(grid, { key: 'ArrowDown' });
  const active = document.getElementById(grid.getAttribute('aria-activedescendant') ?? '');
  expect(active?.textContent.trim()).toBe('Xã Tân An');
  expect(active?.getAttribute('aria-level')).toBe('2');
  await fireEvent.keyDown(grid, { key: 'Enter' });
  await fireEvent.keyDown(grid, { key: 'ArrowDown' });
  await fireEvent.keyDown(grid, { key: ' ' });
  expect([choose.mock.calls, check.mock.calls]).toEqual([[['a']], [['b']]]);
  await fireEvent.keyDown(grid, { key: 'ArrowLeft' });
  await fireEvent.keyDown(grid, { key: 'ArrowLeft' });
  expect(rows()).toEqual(['Tỉnh']);
});

test('a search opens what it finds and says when there is nothing', () => {
  show('tan an');
  expect(rows()).toEqual(['Tỉnh', 'Xã Tân An']);
  show('xyz');
  expect(screen.getByText('Không có')).toBeTruthy();
});

test('what leads to a row in a closed branch opens the branch and makes the row the active one', async () => {
  const shown = render(TreeGrid, {
    label: 'Máy chủ',
    tree,
    query: '',
    opened: new Set<string>(),
    cells,
    empty,
  });
  expect(rows()).toEqual(['Tỉnh']);
  // The types of the test library know nothing of what a component exports.
  await (shown.component as unknown as { reveal: (key: string) => Promise<void> }).reveal('b');
  expect(rows()).toEqual(['Tỉnh', 'Xã Tân An', 'Phường Ẳng']);
  const grid = screen.getByRole('treegrid', { name: 'Máy chủ' });
  const active = document.getElementById(grid.getAttribute('aria-activedescendant') ?? '');
  expect(active?.textContent.trim()).toBe('Phường Ẳng');
});
