// A story's world: one node with sample units, its administrator, a chair, and as many sites as the story asks for, each
// in a browser of its own kind. Setting up happens here and never in a story.

import { test as base, type Browser } from '@playwright/test';
import { randomBytes } from 'node:crypto';
import type { CreateMeeting, SignIn } from '../../../web-client/src/protocol/generated.ts';
import { Session } from './api.ts';
import { launch, type BrowserName } from './browsers.ts';
import type { Link } from './link.ts';
import { cellsOf, PICTURE } from './marker.ts';
import { Node, unitsOf, type Spread } from './node.ts';
import { instrument, type PageSetup } from './page-script.ts';
import { Participant } from './participant.ts';

const SAMPLE = 'three-tier';
const PASSWORD = 'Sông dài biển rộng 2026';

/** How long a button may take to be there and to be ready. */
const ACTION_MS = 15_000;

/** How a participant comes. */
export type Coming = {
  readonly by?: BrowserName;
  /** In a browser that the story opened itself. */
  readonly browser?: Browser;
  readonly link?: Link;
  readonly origin?: string;
  readonly family?: PageSetup['family'];
  readonly viewport?: { readonly width: number; readonly height: number };
  readonly language?: 'vi' | 'en';
};

/** A meeting that a story takes place in. */
export type Meeting = { readonly id: string; readonly title: string };

export class World {
  readonly node: Node;
  readonly units: Awaited<ReturnType<typeof unitsOf>>;
  readonly #administratorName: string;
  #chair: { session: Session; as: SignIn } | null = null;
  #chromium: Browser | null = null;
  #markers = 0;
  #people = 0;
  #participants: Participant[] = [];
  #browsers: Browser[] = [];

  static async open(spread: Spread): Promise<World> {
    const node = await Node.fresh(SAMPLE, spread);
    await node.start();
    return await World.around(node, SAMPLE);
  }

  /** A world whose node, the one at the top if there are several, runs for the first time. */
  static async around(node: Node, sample: string): Promise<World> {
    const { login, secret } = node.firstAdministrator();
    const administrator = await Session.open(node.origin, {
      kind: 'person',
      username: login,
      password: secret,
    });
    await administrator.changePassword(secret, PASSWORD);
    return new World(node, login, await unitsOf(sample));
  }

  private constructor(node: Node, administratorName: string, units: World['units']) {
    this.node = node;
    this.#administratorName = administratorName;
    this.units = units;
  }

  /** The top unit, which convenes. */
  get top(): string {
    return this.units[0]?.code ?? '';
  }

  /** A person of the top unit who may convene, with a first password that must be changed. */
  async newcomer(): Promise<{ username: string; password: string }> {
    this.#people += 1;
    const username = `can-bo-${this.#people}`;
    const name = `Nguyễn Văn ${'ABCDEGHIK'[this.#people % 9]}, Chánh Văn phòng`;
    const said = await this.node.command('account', 'create', username, '--name', name, '--unit', this.top);
    await this.node.command('grant', username, 'convener', this.top);
    const password = /password:\s+(\S+)/.exec(said)?.[1];
    if (password === undefined) throw new Error(`no first password in: ${said}`);
    return { username, password };
  }

  /** A meeting of these sites, convened by the chair. */
  async meeting(title: string, sites: readonly string[]): Promise<Meeting> {
    const { session } = await this.#convener();
    const id = randomBytes(12).toString('hex');
    await session.createMeeting({
      meeting: id,
      title,
      kind: 'briefing',
      conveningUnit: this.top,
      starts: Math.floor(Date.now() / 1000),
      sites,
      staff: [],
      noStateSecrets: true,
    } as unknown as CreateMeeting);
    return { id, title };
  }

  /** Who looks after the node: units, sites, accounts. */
  async administrator(coming: Coming = {}): Promise<Participant> {
    const as: SignIn = {
      kind: 'person',
      username: this.#administratorName,
      password: PASSWORD,
    };
    return await this.#participant('Quản trị', as, coming);
  }

  /** The person who convened, in a browser of its own; signed out. */
  async chair(coming: Coming = {}): Promise<Participant> {
    const { as } = await this.#convener();
    return await this.#participant('Chủ trì', as, coming);
  }

  /** A person who may watch every meeting of the top unit and below, with a password of the own choice; signed out. */
  async viewer(coming: Coming = {}): Promise<Participant> {
    const { username, password } = await this.newcomer();
    await this.node.command('grant', username, 'viewer', this.top);
    const session = await Session.open(this.node.origin, {
      kind: 'person',
      username,
      password,
    });
    await session.changePassword(password, PASSWORD);
    return await this.person(username, PASSWORD, coming);
  }

  /** A unit's meeting room, in a browser of its own; signed out. */
  async site(code: string, coming: Coming = {}): Promise<Participant> {
    const [, secret = ''] = (await this.node.command('site', 'issue', code)).trim().split('\t');
    return await this.room(code, secret, coming);
  }

  /** A meeting room that was handed its code and secret. */
  async room(code: string, secret: string, coming: Coming = {}): Promise<Participant> {
    return await this.#participant(this.nameOf(code), { kind: 'site', code, secret }, coming);
  }

  nameOf(code: string): string {
    return this.units.find((unit) => unit.code === code)?.name ?? code;
  }

  /** A person who is known by name and password. */
  async person(username: string, password: string, coming: Coming = {}): Promise<Participant> {
    return await this.#participant(username, { kind: 'person', username, password }, coming);
  }

  /** Ends everybody's browser; the node stays for the next story. */
  async clear(): Promise<void> {
    await Promise.all(this.#participants.map(async (one) => await one.close()));
    await Promise.all(this.#browsers.map(async (browser) => await browser.close()));
    this.#participants = [];
    this.#browsers = [];
  }

  async close(): Promise<void> {
    await this.clear();
    await this.#chromium?.close();
    await this.node.remove();
  }

  async #convener(): Promise<{ session: Session; as: SignIn }> {
    if (this.#chair) return this.#chair;
    const { username, password } = await this.newcomer();
    const session = await Session.open(this.node.origin, {
      kind: 'person',
      username,
      password,
    });
    await session.changePassword(password, PASSWORD);
    this.#chair = {
      session,
      as: { kind: 'person', username, password: PASSWORD },
    };
    return this.#chair;
  }

  async #participant(name: string, as: SignIn, coming: Coming): Promise<Participant> {
    this.#markers = (this.#markers % 63) + 1;
    const marker = this.#markers;
    const browser = coming.browser ?? (await this.#browser(coming.by ?? 'chromium'));
    const context = await browser.newContext({
      viewport: coming.viewport ?? { width: 1366, height: 768 },
      ignoreHTTPSErrors: true,
    });
    const setup: PageSetup = {
      cells: cellsOf(marker),
      picture: PICTURE,
      mediaPorts: coming.link?.mediaPorts ?? null,
      family: coming.family ?? (coming.link ? 'v4' : 'any'),
    };
    context.setDefaultTimeout(ACTION_MS);
    await context.addInitScript(instrument, setup);
    const page = await context.newPage();
    const origin = coming.link
      ? `http://127.0.0.1:${coming.link.httpPort}`
      : (coming.origin ?? this.node.origin);
    const participant = new Participant({
      name,
      as,
      marker,
      page,
      origin,
      language: coming.language ?? 'vi',
    });
    this.#participants.push(participant);
    return participant;
  }

  async #browser(name: BrowserName): Promise<Browser> {
    if (name === 'chromium') {
      this.#chromium ??= await launch(name);
      return this.#chromium;
    }
    const browser = await launch(name);
    this.#browsers.push(browser);
    return browser;
  }
}

/** One worker takes everybody, as in a small node. */
const TOGETHER: Spread = { workers: 1, share: 100 };

/** Stories of one spread share one node; each has its own browsers. */
export const story = base.extend<{ world: World }, { spread: Spread; shared: World }>({
  spread: [TOGETHER, { scope: 'worker', option: true }],
  shared: [
    async ({ spread }, use) => {
      const world = await World.open(spread);
      await use(world);
      await world.close();
    },
    { scope: 'worker', timeout: 60_000 },
  ],
  world: async ({ shared }, use, info) => {
    await use(shared);
    await shared.clear();
    if (info.status !== info.expectedStatus) console.log(shared.node.log.slice(-4000));
  },
});
