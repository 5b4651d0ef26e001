// Several real nodes in a tree, and the real NATS server they speak over. Each node has a line of its own to that server,
// which can be cut and mended; nodes and the server can be killed and started again.

import { spawn, execFile, type ChildProcess } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { StreamRelay } from './link.ts';
import { BINARY, Node, PORTS, until, type Spread } from './node.ts';
import { story, World } from './world.ts';

/** One node of the tree and the line to its parent; the first one is the top, and parents come before their children. */
export type NodeSpec = {
  readonly name: string;
  readonly parent?: string;
  readonly standby?: string;
  readonly branch: readonly string[];
  readonly capacityMbps?: number;
};

/** A path of three tiers through the sample units: the top, a region, a province of it. */
export const THREE_TIERS: readonly NodeSpec[] = [
  { name: 'dieu-hanh', branch: [] },
  {
    name: 'thuong-du',
    parent: 'dieu-hanh',
    branch: ['51000'],
    capacityMbps: 200,
  },
  { name: 'hai-hop', parent: 'thuong-du', branch: ['51100'], capacityMbps: 50 },
];

const UNITS = 'five-tier';
const SPREAD: Spread = { workers: 1, share: 100 };

/** A second NATS server on the machine, or one of another run, has the ports of another run. */
const BUS_PORT = PORTS + 400;

export class Tree {
  readonly bus: BusServer;
  readonly #nodes: ReadonlyMap<string, Node>;
  readonly #lines: ReadonlyMap<string, StreamRelay>;
  readonly #directory: string;

  /** Starts them all, each as soon as it can take over its units from the one above. */
  static async open(specs: readonly NodeSpec[] = THREE_TIERS): Promise<Tree> {
    const directory = await mkdtemp(join(tmpdir(), 'giaoban-tree-'));
    const passwords = new Map(specs.map(({ name }) => [name, randomBytes(16).toString('hex')]));
    const config = join(directory, 'nats.conf');
    await writeFile(config, await busConfig(specs, passwords), { mode: 0o600 });
    const bus = new BusServer(config);
    await bus.start();
    const nodes = new Map<string, Node>();
    const lines = new Map<string, StreamRelay>();
    for (const [at, spec] of specs.entries()) {
      const line = await StreamRelay.to(BUS_PORT);
      const credentials = join(directory, `${spec.name}.credentials`);
      const password = passwords.get(spec.name) ?? '';
      await writeFile(credentials, `user = "${spec.name}"\npassword = "${password}"\n`, { mode: 0o600 });
      const sections = nodeSections(spec.name, directory, line.port, credentials);
      const place = { at, sections };
      const top = spec.parent === undefined;
      nodes.set(spec.name, top ? await Node.fresh(UNITS, SPREAD, place) : await Node.bare(SPREAD, place));
      lines.set(spec.name, line);
    }
    await writeFile(join(directory, 'nodes.toml'), nodesFile(specs, nodes));
    const tree = new Tree(bus, nodes, lines, directory);
    await Promise.all([...nodes.values()].map(async (node) => await node.start()));
    return tree;
  }

  private constructor(
    bus: BusServer,
    nodes: ReadonlyMap<string, Node>,
    lines: ReadonlyMap<string, StreamRelay>,
    directory: string,
  ) {
    this.bus = bus;
    this.#nodes = nodes;
    this.#lines = lines;
    this.#directory = directory;
  }

  /** The node at the top: where units, accounts and site codes are looked after. */
  get top(): Node {
    const [top] = this.#nodes.values();
    if (!top) throw new Error('a tree has at least one node');
    return top;
  }

  node(name: string): Node {
    return found(this.#nodes, name);
  }

  /** The line of a node to the NATS server. */
  line(name: string): StreamRelay {
    return found(this.#lines, name);
  }

  /** Waits until a node below has taken over the secrets that were issued at the top. */
  async knowsSites(name: string, codes: readonly string[]): Promise<void> {
    const node = this.node(name);
    await until(async () => {
      const known = await node.command('site', 'list');
      return codes.every((code) => known.includes(code));
    }, `${name} does not take over the site codes`);
  }

  /** Everything the nodes have logged lately. */
  get log(): string {
    return [...this.#nodes].map(([name, node]) => `${name}:\n${node.log.slice(-4000)}`).join('\n');
  }

  async close(): Promise<void> {
    await Promise.all([...this.#nodes.values()].map(async (node) => await node.remove()));
    for (const line of this.#lines.values()) line.close();
    await this.bus.stop();
    await rm(this.#directory, { recursive: true, force: true });
  }
}

/** The NATS server. */
export class BusServer {
  readonly #config: string;
  #process: ChildProcess | null = null;

  constructor(config: string) {
    this.#config = config;
  }

  async start(): Promise<void> {
    const child = spawn('nats-server', ['-c', this.#config], {
      stdio: 'ignore',
    });
    this.#process = child;
    await until(async () => {
      if (child.exitCode !== null) throw new Error('nats-server has ended; is another one on its port?');
      return await listens(BUS_PORT);
    }, 'nats-server does not listen');
  }

  /** Kills it in mid-sentence. */
  async stop(): Promise<void> {
    const child = this.#process;
    this.#process = null;
    if (!child || child.exitCode !== null) return;
    const ended = once(child, 'exit');
    child.kill('SIGKILL');
    await ended;
  }
}

function found<T>(all: ReadonlyMap<string, T>, name: string): T {
  const one = all.get(name);
  if (one === undefined) throw new Error(`no node is called ${name}`);
  return one;
}

async function listens(port: number): Promise<boolean> {
  const socket = connect(port, '127.0.0.1');
  const answered = await Promise.race([
    once(socket, 'connect').then(() => true),
    once(socket, 'error').then(() => false),
  ]).catch(() => false);
  socket.destroy();
  return answered;
}

/** The server's configuration, with the users as the product itself prints them: nobody may do more than in a real tree. */
async function busConfig(
  specs: readonly NodeSpec[],
  passwords: ReadonlyMap<string, string>,
): Promise<string> {
  const users = await Promise.all(
    specs.map(async ({ name }) => {
      const children = specs.filter(({ parent, standby }) => parent === name || standby === name);
      const words = ['bus-user', name, ...children.flatMap((child) => ['--child', child.name])];
      return (await promisify(execFile)(BINARY, words)).stdout;
    }),
  );
  const secrets = [...passwords].map(
    ([name, password]) => `PASSWORD_${name.toUpperCase().replaceAll('-', '_')}: "${password}"`,
  );
  return `listen: 127.0.0.1:${BUS_PORT}
max_payload: 1MB
${secrets.join('\n')}
authorization { users: [
${users.join('')}
] }
`;
}

function nodeSections(name: string, directory: string, busPort: number, credentials: string): string {
  return `
[node]
name = "${name}"
nodes = "${join(directory, 'nodes.toml')}"
[bus]
kind = "nats"
servers = ["127.0.0.1:${busPort}"]
credentials_file = "${credentials}"
`;
}

function nodesFile(specs: readonly NodeSpec[], nodes: ReadonlyMap<string, Node>): string {
  const node = ({ name, parent, standby, branch }: NodeSpec): string => {
    const { origin } = found(nodes, name);
    const optional = Object.entries({ parent, standby }).filter(([, value]) => value !== undefined);
    const own = optional.map(([key, value]) => `${key} = "${value}"\n`).join('');
    const served = branch.length > 0 ? `branch = ${JSON.stringify(branch)}\n` : '';
    return `[[node]]\nname = "${name}"\n${own}${served}addresses = ["${origin}"]\n`;
  };
  const link = ({ name, parent, capacityMbps }: NodeSpec): string =>
    parent === undefined || capacityMbps === undefined
      ? ''
      : `[[link]]\nfrom = "${name}"\nto = "${parent}"\ncapacity_mbps = ${capacityMbps}\ncap_percent = 80\n`;
  return [...specs.map(node), ...specs.map(link)].join('');
}

/** Stories of several nodes share one tree; each has its own browsers, and mends what it has cut. */
export const treeStory = story.extend<object, { tree: Tree }>({
  tree: [
    // Playwright reads from the form of the argument that nothing else is needed.
    async ({}, use) => {
      const tree = await Tree.open();
      await use(tree);
      await tree.close();
    },
    { scope: 'worker', timeout: 90_000 },
  ],
  shared: [
    async ({ tree }, use) => {
      const world = await World.around(tree.top, UNITS);
      await use(world);
      await world.close();
    },
    { scope: 'worker', timeout: 60_000 },
  ],
  world: async ({ world, tree }, use, info) => {
    await use(world);
    if (info.status !== info.expectedStatus) console.log(tree.log);
  },
});
