// Invented maps of nodes.

import type {
  LineFlow,
  NodeFigures,
  NodeMap,
  NodeName,
  NodeState,
  NodeView,
  UnitCode,
} from '../src/protocol/generated.ts';
import { NOW } from './people.ts';

const VERSION = '0.9.2';

type Line = { readonly capacity: number; readonly down: number; readonly up: number };

const attached: NodeState = { state: 'attached', since: NOW - 5400 };

function name(text: string): NodeName {
  return text as NodeName;
}

function figures(people: number, change: Partial<NodeFigures> = {}): NodeFigures {
  const busy = Math.min(96, 3 + Math.round(people / 4));
  return {
    people,
    meetings: people > 0 ? 2 : 0,
    peers: people,
    processorPercent: busy,
    processors: 8,
    version: VERSION,
    ...change,
  };
}

function flow({ capacity, down, up }: Line): LineFlow {
  const way = (megabits: number) => ({
    kbps: megabits * 1000,
    estimateKbps: capacity * 930,
    lostPermille: 1,
    streams: Math.max(1, Math.round(megabits / 2)),
    denied: 0,
  });
  return { down: way(down), up: { ...way(up), estimateKbps: capacity * 910 }, rttMs: 14 };
}

function node(own: string, parent: string | undefined, unit: string, people: number, line?: Line): NodeView {
  const view: NodeView = {
    name: name(own),
    branch: unit === '' ? [] : [{ unit: own as string as UnitCode, name: unit }],
    units: unit === '' ? 0 : 1,
    state: parent === undefined ? { state: 'top' } : attached,
    figures: figures(people),
  };
  if (parent === undefined || line === undefined) return view;
  return {
    ...view,
    parent: name(parent),
    line: { capacityKbps: line.capacity * 1000, capPercent: 80, class: 'C1', flow: flow(line) },
  };
}

function mapOf(nodes: NodeView[]): NodeMap {
  return { here: nodes[0]?.name ?? name('goc'), now: NOW, version: VERSION, nodes };
}

const seven = (): NodeView[] => [
  node('dieu-hanh', undefined, '', 27),
  node('thuong-du', 'dieu-hanh', 'Vùng Thượng Du', 41, { capacity: 200, down: 31, up: 6.2 }),
  node('trung-chau', 'dieu-hanh', 'Vùng Trung Châu', 38, { capacity: 200, down: 29.5, up: 4.8 }),
  node('hai-hop', 'thuong-du', 'Tỉnh Hải Hợp', 96, { capacity: 50, down: 14.2, up: 3.1 }),
  node('tuong-tin', 'thuong-du', 'Tỉnh Tường Tín', 88, { capacity: 50, down: 13.7, up: 0.4 }),
  node('tho-sa', 'trung-chau', 'Tỉnh Thọ Sa', 102, { capacity: 50, down: 14, up: 0.3 }),
  node('hung-trang', 'trung-chau', 'Tỉnh Hưng Tràng', 91, { capacity: 50, down: 12.9, up: 1.6 }),
];

function changed(nodes: NodeView[], own: string, change: Partial<NodeView>): NodeView[] {
  return nodes.map((one) => (one.name === name(own) ? { ...one, ...change } : one));
}

function dark({ line, ...one }: NodeView): Partial<NodeView> {
  if (line === undefined) return one;
  const { flow: _, ...known } = line;
  return { line: known };
}

function lostBranch(): NodeView[] {
  const lost: NodeState = {
    state: 'lost',
    since: NOW - 312,
    heard: NOW - 315,
    cause: { cause: 'silent' },
  };
  return seven().map((one) => {
    if (one.name === name('trung-chau')) return { ...one, ...dark(one), state: lost };
    if (one.parent === name('trung-chau')) return { ...one, ...dark(one), state: { state: 'beyond' } };
    return one;
  });
}

function overloaded(): NodeView[] {
  let nodes = seven();
  nodes = changed(
    nodes,
    'hai-hop',
    node('hai-hop', 'thuong-du', 'Tỉnh Hải Hợp', 176, { capacity: 50, down: 38.6, up: 3.4 }),
  );
  const lossy = node('tuong-tin', 'thuong-du', 'Tỉnh Tường Tín', 88, { capacity: 50, down: 13.7, up: 30.4 });
  const { line } = lossy;
  if (line?.flow !== undefined) {
    const { down, up, ...rest } = line.flow;
    const worse = { down: { ...down, lostPermille: 46, denied: 3, estimateKbps: 16_400 }, up, ...rest };
    nodes = changed(nodes, 'tuong-tin', { ...lossy, line: { ...line, flow: worse } });
  }
  nodes = changed(nodes, 'tho-sa', { figures: figures(102, { processorPercent: 91, processors: 2 }) });
  return changed(nodes, 'hung-trang', { figures: figures(91, { version: '0.9.1' }) });
}

const WORDS = ['An', 'Bình', 'Cẩm', 'Đông', 'Gia', 'Hòa', 'Kim', 'Long', 'Mai', 'Phú'];

/** A province of each region and communes below, as many as asked for. */
function many(count: number): NodeView[] {
  const nodes = [node('dieu-hanh', undefined, '', 27)];
  const regions = Math.max(3, Math.round(count / 120));
  for (let region = 1; region <= regions; region += 1)
    nodes.push(
      node(`vung-${region}`, 'dieu-hanh', `Vùng ${region}`, 12, { capacity: 1000, down: 96, up: 21 }),
    );
  const provinces = Math.max(6, Math.round(count / 30));
  for (let province = 1; province <= provinces; province += 1) {
    const word = `${WORDS[province % 10] ?? ''} ${WORDS[(province * 7 + 3) % 10] ?? ''}`;
    const above = `vung-${((province - 1) % regions) + 1}`;
    const line = { capacity: 200, down: 34 + (province % 9), up: 5.5 };
    nodes.push(node(`tinh-${province}`, above, `Tỉnh ${word}`, 40 + (province % 17), line));
  }
  for (let commune = 1; nodes.length < count; commune += 1) {
    const above = `tinh-${((commune - 1) % provinces) + 1}`;
    const word = `${WORDS[commune % 10] ?? ''} ${WORDS[(commune * 3 + 1) % 10] ?? ''}`;
    const line = { capacity: 20, down: 6 + (commune % 5), up: (commune % 7) / 10 };
    nodes.push(node(`xa-${commune}`, above, `Xã ${word}`, 3 + (commune % 6), line));
  }
  const tight = node('xa-4', 'tinh-4', 'Xã Gia Đông', 9, { capacity: 20, down: 13.1, up: 0.2 });
  const never = changed(changed(nodes, 'xa-4', { line: tight.line } as Partial<NodeView>), 'xa-9', {
    state: { state: 'never' },
  });
  const clock: NodeState = {
    state: 'lost',
    since: NOW - 95_000,
    cause: { cause: 'clock', apartSeconds: 74 },
  };
  const refused = changed(never, 'xa-11', { state: clock });
  return changed(refused, 'tinh-2', {
    standby: name('dieu-hanh'),
    attachedTo: name('dieu-hanh'),
  });
}

export const maps = {
  healthy: mapOf(seven()),
  lost: mapOf(lostBranch()),
  overloaded: mapOf(overloaded()),
  forty: mapOf(many(40)),
  thousands: mapOf(many(3000)),
  alone: mapOf([node('giaoban', undefined, '', 34)]),
} as const;
