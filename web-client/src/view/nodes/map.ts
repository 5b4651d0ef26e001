// The map of nodes as it is shown: what is wrong with whom, worst first, and the tree. Pure.

import type { LineWay, NodeLine, NodeMap, NodeName, NodeView } from '../../protocol/generated.ts';
import { fold } from '../../text/fold.ts';
import { makeTree, type Tree } from '../primitives/tree.ts';

/** A line is tight from here on, as in the plan (docs/nodes.md), % of what meetings may take of it. */
export const TIGHT_PERCENT = 70;
/** From here on people hear gaps in spite of repair, thousandths. */
const LOSSY_PERMILLE = 20;
/** From here on a moment in which everybody joins has no room, %. */
const BUSY_PERCENT = 80;
/** A media link is dialled again and again; so long after attaching it should stand, seconds. */
const MEDIA_AFTER_SECONDS = 20;
/** As many nodes are shown with all branches open. */
const OPEN_ALL_MAX = 60;

/** A node's state as one word and one shape. */
export type Condition =
  'running' | 'attached' | 'standby' | 'resuming' | 'never' | 'lost' | 'refused' | 'beyond';

export function conditionOf(node: NodeView): Condition {
  const { state } = node;
  switch (state.state) {
    case 'top':
      return 'running';
    case 'attached':
      return node.attachedTo === undefined ? 'attached' : 'standby';
    case 'never':
      return 'never';
    case 'beyond':
      return 'beyond';
    case 'lost':
      switch (state.cause.cause) {
        case 'silent':
          return 'lost';
        case 'resuming':
          return 'resuming';
        case 'version':
        case 'clock':
          return 'refused';
        default:
          return state.cause satisfies never;
      }
    default:
      return state satisfies never;
  }
}

export type Way = 'down' | 'up';

/** What has to be dealt with. */
export type Trouble =
  | { readonly kind: 'lost' | 'lostAbove'; readonly since: number }
  | { readonly kind: 'never' | 'version' | 'noMedia' }
  | { readonly kind: 'clock'; readonly seconds: number }
  | { readonly kind: 'standby'; readonly name: NodeName }
  | { readonly kind: 'release'; readonly version: string }
  | { readonly kind: 'tight'; readonly way: Way; readonly percent: number }
  | { readonly kind: 'loss'; readonly way: Way; readonly permille: number }
  | { readonly kind: 'denied'; readonly pictures: number }
  | { readonly kind: 'processor'; readonly percent: number };

export type Found = { readonly node: NodeName; readonly trouble: Trouble };

/** Worst first: who is not heard, then lines, then what can wait. */
const RANK: Readonly<Record<Trouble['kind'], number>> = {
  lost: 0,
  lostAbove: 0,
  version: 1,
  clock: 1,
  noMedia: 2,
  tight: 3,
  loss: 3,
  processor: 3,
  never: 4,
  denied: 5,
  standby: 5,
  release: 6,
};

export function isGrave(trouble: Trouble): boolean {
  return RANK[trouble.kind] <= 2;
}

/** Everything that has to be dealt with, worst first, then in the order of the tree. */
export function troublesOf(map: NodeMap): readonly Found[] {
  const found = map.nodes.flatMap((node) =>
    [...heardTroubles(node, map), ...flowTroubles(node)].map((trouble) => ({ node: node.name, trouble })),
  );
  return found.sort((a, b) => RANK[a.trouble.kind] - RANK[b.trouble.kind]);
}

function heardTroubles(node: NodeView, map: NodeMap): Trouble[] {
  const { state } = node;
  if (state.state === 'never') return [{ kind: 'never' }];
  if (state.state === 'lost') {
    const { cause } = state;
    switch (cause.cause) {
      case 'silent':
        return [{ kind: node.name === map.here ? 'lostAbove' : 'lost', since: state.since }];
      case 'version':
        return [{ kind: 'version' }];
      case 'clock':
        return [{ kind: 'clock', seconds: cause.apartSeconds }];
      case 'resuming':
        return [];
      default:
        return cause satisfies never;
    }
  }
  if (state.state !== 'attached') return [];
  const troubles: Trouble[] = [];
  if (node.line?.flow === undefined && map.now - state.since > MEDIA_AFTER_SECONDS)
    troubles.push({ kind: 'noMedia' });
  if (node.attachedTo !== undefined) troubles.push({ kind: 'standby', name: node.attachedTo });
  const version = node.figures?.version;
  if (version !== undefined && version !== map.version) troubles.push({ kind: 'release', version });
  return troubles;
}

function flowTroubles({ state, line, figures }: NodeView): Trouble[] {
  if (state.state !== 'attached' && state.state !== 'top') return [];
  const troubles: Trouble[] = [];
  const flow = line?.flow;
  for (const way of ['down', 'up'] as const) {
    const percent = flow === undefined ? undefined : loadPercent(flow[way], line);
    if (percent !== undefined && percent > TIGHT_PERCENT) troubles.push({ kind: 'tight', way, percent });
    const permille = flow?.[way].lostPermille ?? 0;
    if (permille >= LOSSY_PERMILLE) troubles.push({ kind: 'loss', way, permille });
  }
  const pictures = (flow?.down.denied ?? 0) + (flow?.up.denied ?? 0);
  if (pictures > 0) troubles.push({ kind: 'denied', pictures });
  const busy = figures?.processorPercent ?? 0;
  if (busy >= BUSY_PERCENT) troubles.push({ kind: 'processor', percent: busy });
  return troubles;
}

/** What flows, as a part of what meetings may take; unknown if either is. */
export function loadPercent(way: LineWay, line: NodeLine | undefined): number | undefined {
  if (way.kbps === undefined || line?.capacityKbps === undefined) return undefined;
  const cap = (line.capacityKbps * (line.capPercent ?? 100)) / 100;
  return cap > 0 ? Math.round((way.kbps / cap) * 100) : undefined;
}

/** How many of which kind, for the one sentence at the top. */
export type Tally = {
  readonly lost: number;
  readonly refused: number;
  readonly never: number;
  readonly tight: number;
  readonly other: number;
};

export function tallyOf(found: readonly Found[]): Tally {
  const count = (...kinds: Trouble['kind'][]): number =>
    new Set(found.filter(({ trouble }) => kinds.includes(trouble.kind)).map(({ node }) => node)).size;
  return {
    lost: count('lost', 'lostAbove'),
    refused: count('version', 'clock'),
    never: count('never'),
    tight: count('tight'),
    other: count('noMedia', 'loss', 'processor', 'denied', 'standby', 'release'),
  };
}

/** The nodes below each other as the nodes file has them; found by name and by the units they serve. */
export function treeOf(map: NodeMap): Tree<NodeView> {
  return makeTree(
    map.nodes.map((node) => ({
      key: node.name,
      parent: node.parent,
      label: node.name,
      folded: fold(`${node.name} ${node.branch.map(({ unit, name }) => `${unit} ${name}`).join(' ')}`),
      item: node,
    })),
  );
}

/** Which branches are open at first: all of a small tree, of a large one the top and the ways to what is wrong. */
export function openedAtFirst(map: NodeMap, found: readonly Found[]): ReadonlySet<string> {
  if (map.nodes.length <= OPEN_ALL_MAX) return new Set(map.nodes.map(({ name }) => name));
  const parents = new Map(map.nodes.map(({ name, parent }) => [name, parent]));
  const opened = new Set<string>();
  for (const { name, parent } of map.nodes)
    if (parent === undefined || !parents.has(parent)) opened.add(name);
  for (const { node, trouble } of found) {
    if (!isGrave(trouble)) continue;
    for (let above = parents.get(node); above !== undefined && !opened.has(above); above = parents.get(above))
      opened.add(above);
  }
  return opened;
}
