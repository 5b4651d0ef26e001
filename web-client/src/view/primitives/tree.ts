// The rows of a tree that are on the screen: which branches are open, what a search leaves, where the keys lead.
// Pure: thousands of units are flattened here and only the visible window is drawn.

import { fold } from '../../text/fold.ts';

export type TreeNode<T> = {
  readonly key: string;
  /** Absent, or not in the tree: a root. */
  readonly parent: string | undefined;
  readonly label: string;
  /** What a search looks in: the folded label and code. */
  readonly folded: string;
  readonly item: T;
};

export type TreeRow<T> = {
  readonly node: TreeNode<T>;
  readonly level: number;
  readonly branch: 'open' | 'closed' | 'leaf';
  readonly position: number;
  readonly siblings: number;
};

export type Tree<T> = {
  readonly nodes: ReadonlyMap<string, TreeNode<T>>;
  readonly children: ReadonlyMap<string | undefined, readonly TreeNode<T>[]>;
};

/** Orders nodes under their parents and keeps the given order among siblings. */
export function makeTree<T>(list: readonly TreeNode<T>[]): Tree<T> {
  const nodes = new Map(list.map((node) => [node.key, node]));
  const children = new Map<string | undefined, TreeNode<T>[]>();
  for (const node of list) {
    const parent = node.parent !== undefined && nodes.has(node.parent) ? node.parent : undefined;
    const siblings = children.get(parent);
    if (siblings === undefined) children.set(parent, [node]);
    else siblings.push(node);
  }
  return { nodes, children };
}

/** The keys a query and a filter leave, with everything above them; `undefined` when there is nothing to filter. */
export function matching<T>(
  tree: Tree<T>,
  query: string,
  keep?: (item: T) => boolean,
): ReadonlySet<string> | undefined {
  const wanted = fold(query);
  if (wanted === '' && keep === undefined) return undefined;
  const found = new Set<string>();
  for (const node of tree.nodes.values()) {
    if (!node.folded.includes(wanted) || keep?.(node.item) === false) continue;
    for (
      let above: TreeNode<T> | undefined = node;
      above !== undefined && !found.has(above.key);
      above = above.parent === undefined ? undefined : tree.nodes.get(above.parent)
    ) {
      found.add(above.key);
    }
  }
  return found;
}

/** The branches a node lies in, from its own up. */
export function above<T>(tree: Tree<T>, key: string): readonly string[] {
  const keys: string[] = [];
  let parent = tree.nodes.get(key)?.parent;
  while (parent !== undefined && tree.nodes.has(parent) && !keys.includes(parent)) {
    keys.push(parent);
    parent = tree.nodes.get(parent)?.parent;
  }
  return keys;
}

/** The rows in the order of the screen. While something is searched for, every branch is open. */
export function rowsOf<T>(
  tree: Tree<T>,
  open: ReadonlySet<string>,
  found: ReadonlySet<string> | undefined,
): readonly TreeRow<T>[] {
  const rows: TreeRow<T>[] = [];
  const visit = (parent: string | undefined, level: number): void => {
    const siblings = (tree.children.get(parent) ?? []).filter((node) => found?.has(node.key) ?? true);
    siblings.forEach((node, index) => {
      const inside = (tree.children.get(node.key) ?? []).some((child) => found?.has(child.key) ?? true);
      const branch = !inside ? 'leaf' : found !== undefined || open.has(node.key) ? 'open' : 'closed';
      rows.push({ node, level, branch, position: index + 1, siblings: siblings.length });
      if (branch === 'open') visit(node.key, level + 1);
    });
  };
  visit(undefined, 1);
  return rows;
}

/** Adds up a count over each node and everything below it. */
export function rollUp<T>(tree: Tree<T>, count: (item: T) => number): ReadonlyMap<string, number> {
  const sums = new Map<string, number>();
  const visit = (node: TreeNode<T>): number => {
    const below = (tree.children.get(node.key) ?? []).reduce((sum, child) => sum + visit(child), 0);
    sums.set(node.key, below + count(node.item));
    return below + count(node.item);
  };
  for (const root of tree.children.get(undefined) ?? []) visit(root);
  return sums;
}

/** Which rows are drawn: those in view and some beyond, so that a fast scroll shows no holes. */
export function drawnWindow(
  scrollTop: number,
  height: number,
  rowHeight: number,
  count: number,
): { readonly first: number; readonly end: number } {
  const beyond = 6;
  const first = Math.max(0, Math.floor(scrollTop / rowHeight) - beyond);
  const end = Math.min(count, Math.ceil((scrollTop + height) / rowHeight) + beyond);
  return { first: Math.min(first, count), end };
}

/** What a key does to the tree. */
export type TreeMove =
  | { readonly do: 'focus'; readonly index: number }
  | { readonly do: 'open' | 'close' | 'choose' | 'check'; readonly key: string };

/** The keys of the ARIA treegrid pattern. */
export function moveFor<T>(
  key: string,
  rows: readonly TreeRow<T>[],
  active: number,
  page: number,
): TreeMove | undefined {
  const row = rows[active];
  if (row === undefined) return undefined;
  const to = (index: number): TreeMove => ({
    do: 'focus',
    index: Math.min(rows.length - 1, Math.max(0, index)),
  });
  switch (key) {
    case 'ArrowDown':
      return to(active + 1);
    case 'ArrowUp':
      return to(active - 1);
    case 'PageDown':
      return to(active + page);
    case 'PageUp':
      return to(active - page);
    case 'Home':
      return to(0);
    case 'End':
      return to(rows.length - 1);
    case 'ArrowRight':
      if (row.branch === 'closed') return { do: 'open', key: row.node.key };
      return row.branch === 'open' ? to(active + 1) : undefined;
    case 'ArrowLeft': {
      if (row.branch === 'open') return { do: 'close', key: row.node.key };
      let parent = active - 1;
      while ((rows[parent]?.level ?? 0) >= row.level) parent -= 1;
      return parent >= 0 ? to(parent) : undefined;
    }
    case 'Enter':
      return { do: 'choose', key: row.node.key };
    case ' ':
      return { do: 'check', key: row.node.key };
    default:
      return undefined;
  }
}
