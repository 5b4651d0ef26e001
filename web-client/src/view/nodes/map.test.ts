import { expect, test } from 'vitest';
import type { NodeMap, NodeName, NodeState, NodeView, UnitCode } from '../../protocol/generated.ts';
import { conditionOf, loadPercent, openedAtFirst, tallyOf, treeOf, troublesOf } from './map.ts';

const NOW = 10_000;

function node(
  name: string,
  parent: string | undefined,
  state: NodeState,
  more: Partial<NodeView> = {},
): NodeView {
  const own = { name: name as NodeName, branch: [], units: 0, state, ...more };
  return parent === undefined ? own : { ...own, parent: parent as NodeName };
}

function way(kbps: number, lostPermille = 0, denied = 0) {
  return { kbps, lostPermille, denied };
}

function line(down: number, up: number, lost = 0) {
  return { capacityKbps: 10_000, capPercent: 80, flow: { down: way(down, lost), up: way(up) } };
}

const attached: NodeState = { state: 'attached', since: 100 };
const silent: NodeState = { state: 'lost', since: 9_000, cause: { cause: 'silent' } };
const told = { people: 1, meetings: 1, peers: 1, version: '1' };

function map(...nodes: NodeView[]): NodeMap {
  return { here: 'top' as NodeName, now: NOW, version: '1', nodes };
}

const kinds = (of: NodeMap): string[] =>
  troublesOf(of).map(({ node: who, trouble }) => `${who} ${trouble.kind}`);

test('what is not heard comes before what flows badly, and that before what can wait', () => {
  const all = map(
    node('top', undefined, { state: 'top' }, { figures: { ...told, processorPercent: 85 } }),
    node('old', 'top', attached, { line: line(10, 10), figures: { ...told, version: '0' } }),
    node('full', 'top', attached, { line: line(5_700, 10, 25) }),
    node('gone', 'top', silent),
    node('below', 'gone', { state: 'beyond' }),
    node('new', 'top', { state: 'never' }),
    node('off', 'top', { state: 'lost', since: 1, cause: { cause: 'clock', apartSeconds: -20 } }),
  );
  expect(kinds(all)).toEqual([
    'gone lost',
    'off clock',
    'top processor',
    'full tight',
    'full loss',
    'new never',
    'old release',
  ]);
  expect(tallyOf(troublesOf(all))).toEqual({ lost: 1, refused: 1, never: 1, tight: 1, other: 3 });
});

test('a line is as full as a part of what meetings may take of it', () => {
  const { flow, ...known } = line(5_600, 8_400);
  expect([flow.down, flow.up].map((one) => loadPercent(one, known))).toEqual([70, 105]);
  expect(loadPercent(flow.down, {})).toBeUndefined();
  expect(loadPercent({}, known)).toBeUndefined();
  expect(kinds(map(node('a', 'top', attached, { line: line(5_600, 0) })))).toEqual([]);
});

test('a node that has just come has time for its media', () => {
  const fresh: NodeState = { state: 'attached', since: NOW - 5 };
  expect(kinds(map(node('a', 'top', fresh, { line: {} })))).toEqual([]);
  expect(kinds(map(node('a', 'top', attached, { line: {} })))).toEqual(['a noMedia']);
});

test('the node that answers says that it does not hear the one above', () => {
  const own = node('top', 'further', silent, { line: line(9_000, 0) });
  expect(kinds(map(own))).toEqual(['top lostAbove']);
});

test('every state has one word', () => {
  const lost = (cause: Extract<NodeState, { state: 'lost' }>['cause']): NodeView =>
    node('a', 'top', { state: 'lost', since: 1, cause });
  const all = [
    node('a', undefined, { state: 'top' }),
    node('a', 'top', attached),
    node('a', 'top', attached, { attachedTo: 'b' as NodeName }),
    node('a', 'top', { state: 'never' }),
    node('a', 'top', silent),
    lost({ cause: 'resuming' }),
    lost({ cause: 'version' }),
    lost({ cause: 'clock', apartSeconds: 90 }),
    node('a', 'top', { state: 'beyond' }),
  ];
  expect(all.map(conditionOf)).toEqual([
    'running',
    'attached',
    'standby',
    'never',
    'lost',
    'resuming',
    'refused',
    'refused',
    'beyond',
  ]);
});

test('a small tree is open, a large one only where something is wrong', () => {
  const small = map(node('top', undefined, { state: 'top' }), node('a', 'top', attached));
  expect(openedAtFirst(small, [])).toEqual(new Set(['top', 'a']));
  const nodes = [node('top', undefined, { state: 'top' })];
  for (let region = 0; region < 30; region += 1) {
    nodes.push(node(`r${region}`, 'top', attached, { line: line(1, 1) }));
    for (let seat = 0; seat < 5; seat += 1)
      nodes.push(
        node(`x${region}-${seat}`, `r${region}`, region === 7 && seat === 2 ? silent : attached, {
          line: line(1, 1),
        }),
      );
  }
  const large = map(...nodes);
  expect(openedAtFirst(large, troublesOf(large))).toEqual(new Set(['top', 'r7']));
});

test('a node is found by its name and by the units it serves, without tone marks', () => {
  const branch = [{ unit: '51100' as UnitCode, name: 'Tỉnh Hải Hợp' }];
  const tree = treeOf(map(node('hh', 'top', attached, { branch, units: 1 })));
  expect(tree.nodes.get('hh')?.folded).toBe('hh 51100 tinh hai hop');
});
