// One real node: the binary in a directory of its own, with a configuration of its own, killed and started at will.

import { spawn, execFile, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { networkInterfaces, tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';

const REPOSITORY = resolve(import.meta.dirname, '../../..');

/** Ports that a node of a test takes; a second run on the same machine sets another base. */
export const PORTS = Number(process.env['GIAOBAN_TEST_PORTS'] ?? 18700);

const MEDIA_PORTS = PORTS + 34_000;

/** The program. */
export const BINARY = process.env['GIAOBAN_BINARY'] ?? join(REPOSITORY, 'target/debug/giaoban');

/** How long a node may take until it is ready; importing units and making keys is a second on a slow machine. */
const READY_MS = 20_000;

/** A secret that the node prints once. */
export type Issued = { readonly login: string; readonly secret: string };

/** How media is spread over processors: `share` is how many peers each worker takes. A room is kept on one worker while
 *  it fits there. */
export type Spread = { readonly workers: number; readonly share: number };

/** What a node among others has of its own: whose turn it is with the ports, and further parts of its configuration. */
export type Place = { readonly at: number; readonly sections: string };

const ALONE: Place = { at: 0, sections: '' };

/** Ports that each of several nodes may take. */
const PORTS_EACH = 10;

export class Node {
  readonly httpPort: number;
  readonly httpsPort: number;
  readonly mediaPorts: readonly number[];
  readonly origin: string;
  readonly origin6: string;
  readonly originTls: string;
  /** Where media may come from. Firefox does not pair loopback while the machine has another address. */
  readonly mediaAddresses: readonly string[] = ['127.0.0.1', '::1', ...ownAddresses()];
  readonly #directory: string;
  readonly #spread: Spread;
  readonly #sections: string;
  #process: ChildProcess | null = null;
  #log = '';

  /** One that has its units. */
  static async fresh(units: string, spread: Spread, place: Place = ALONE): Promise<Node> {
    const node = await Node.bare(spread, place);
    await node.command('import-units', join(REPOSITORY, 'configs/units', units));
    return node;
  }

  /** One that takes its units over from the node above. */
  static async bare(spread: Spread, place: Place): Promise<Node> {
    const node = new Node(await mkdtemp(join(tmpdir(), 'giaoban-')), spread, place);
    await writeFile(node.#config, node.#configuration());
    return node;
  }

  private constructor(directory: string, spread: Spread, { at, sections }: Place) {
    this.#directory = directory;
    this.#spread = spread;
    this.#sections = sections;
    this.httpPort = PORTS + at * PORTS_EACH;
    this.httpsPort = this.httpPort + 1;
    this.origin = `http://127.0.0.1:${this.httpPort}`;
    this.origin6 = `http://[::1]:${this.httpPort}`;
    this.originTls = `https://127.0.0.1:${this.httpsPort}`;
    const first = MEDIA_PORTS + at * PORTS_EACH;
    this.mediaPorts = Array.from({ length: spread.workers }, (_, worker) => first + worker);
  }

  get #config(): string {
    return join(this.#directory, 'giaoban.toml');
  }

  /** The administrator that the first start made, with a password that was printed once. */
  firstAdministrator(): Issued {
    const said = /name:\s+(\S+)\n\s*one-time password:\s+(\S+)/.exec(this.#log);
    if (!said?.[1] || !said[2]) throw new Error(`the first start named no administrator:\n${this.#log}`);
    return { login: said[1], secret: said[2] };
  }

  /** Starts it and waits until it takes meetings. */
  async start(): Promise<void> {
    // After a story that failed, the node of the one before may be ending still; its answer is not ours.
    await until(async () => !(await this.#ready()), 'the node of another story does not end');
    const child = spawn(BINARY, ['serve', '--config', this.#config], {
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.#process = child;
    child.stdout.on('data', (bytes: Buffer) => (this.#log += bytes.toString()));
    child.stderr.on('data', (bytes: Buffer) => (this.#log += bytes.toString()));
    await until(async () => {
      if (child.exitCode !== null) throw new Error(`the node has ended:\n${this.#log}`);
      // Its words may come later than its answer.
      return (await this.#ready()) && this.#log.includes(this.origin);
    }, 'the node is not ready');
  }

  /** Kills it in mid-sentence. */
  async kill(): Promise<void> {
    await this.#end('SIGKILL');
  }

  /** Asks it to stop, and returns its exit code. */
  async stop(): Promise<number | null> {
    return await this.#end('SIGTERM');
  }

  async remove(): Promise<void> {
    if (this.#process) await this.#end('SIGKILL');
    await rm(this.#directory, { recursive: true, force: true });
  }

  /** How many peers live on each of its workers, by its own figures. */
  async peersByWorker(): Promise<readonly number[]> {
    const text = await (await fetch(`${this.origin}/metrics`)).text();
    return this.mediaPorts.map((_, worker) =>
      Number(new RegExp(`^giaoban_sfu_peers\\{worker="${worker}"\\} (\\d+)`, 'm').exec(text)?.[1] ?? NaN),
    );
  }

  /** Everything it has logged. */
  get log(): string {
    return this.#log;
  }

  /** Runs one of its commands and returns what it printed. */
  async command(...words: string[]): Promise<string> {
    const { stdout } = await promisify(execFile)(BINARY, [...words, '--config', this.#config]);
    return stdout;
  }

  async #end(signal: 'SIGKILL' | 'SIGTERM'): Promise<number | null> {
    const child = this.#process;
    this.#process = null;
    if (!child || child.exitCode !== null) return child?.exitCode ?? null;
    const ended = once(child, 'exit');
    child.kill(signal);
    await ended;
    return child.exitCode;
  }

  async #ready(): Promise<boolean> {
    return await fetch(`${this.origin}/readyz`).then(
      (response) => response.ok,
      () => false,
    );
  }

  #configuration(): string {
    return `
[http]
addresses = ["127.0.0.1:${this.httpsPort}"]
plain_addresses = ["127.0.0.1:${this.httpPort}", "[::1]:${this.httpPort}"]
[media]
addresses = ${JSON.stringify(this.mediaAddresses)}
first_port = ${this.mediaPorts[0] ?? MEDIA_PORTS}
workers = ${this.#spread.workers}
[store]
path = "${this.#directory}/data"
[limits]
peers = ${this.#spread.share * this.#spread.workers}
${this.#sections}`;
  }
}

/** Waits for what may take as long as a start. */
export async function until(holds: () => Promise<boolean>, otherwise: string): Promise<void> {
  const deadline = Date.now() + READY_MS;
  while (!(await holds())) {
    if (Date.now() > deadline) throw new Error(otherwise);
    await new Promise((done) => setTimeout(done, 100));
  }
}

/** Addresses of this machine beside loopback, of each family the first; link-local ones need a zone and are left out. */
function ownAddresses(): readonly string[] {
  const own = Object.values(networkInterfaces())
    .flatMap((addresses) => addresses ?? [])
    .filter(({ internal, address }) => !internal && !address.startsWith('fe80:'));
  return (['IPv4', 'IPv6'] as const).flatMap(
    (wanted) => own.find(({ family }) => family === wanted)?.address ?? [],
  );
}

/** A unit of a sample. */
export type SampleUnit = {
  code: string;
  name: string;
  tier: string;
  parent: string;
};

type JsonUnits = {
  units: readonly (Omit<SampleUnit, 'parent'> & {
    parent?: string;
    validTo?: string;
  })[];
};

function unitsIn({ units }: JsonUnits): readonly SampleUnit[] {
  const valid = units.filter(({ validTo }) => validTo === undefined);
  return valid.map(({ code, name, tier, parent = '' }) => ({
    code,
    name,
    tier,
    parent,
  }));
}

/** A sample's units that are valid today, in the order of the file. */
export async function unitsOf(sample: string): Promise<readonly SampleUnit[]> {
  const folder = join(REPOSITORY, 'configs/units', sample);
  const json = await readFile(join(folder, 'units.json'), 'utf8').catch(() => null);
  if (json !== null) return unitsIn(JSON.parse(json) as JsonUnits);
  const text = await readFile(join(folder, 'units.csv'), 'utf8');
  const [head = '', ...lines] = text.trim().split('\n');
  const columns = head.split(',');
  const rows = lines.map((line) => new Map(line.split(',').map((value, at) => [columns[at] ?? '', value])));
  const of = (row: Map<string, string>, column: string): string => row.get(column) ?? '';
  return rows
    .filter((row) => of(row, 'valid_to') === '')
    .map((row) => ({
      code: of(row, 'code'),
      name: of(row, 'name'),
      tier: of(row, 'tier'),
      parent: of(row, 'parent'),
    }));
}
