import { beforeEach, describe, expect, test, vi } from 'vitest';
import type { ClientFrame, ClientMessage, ServerMessage, Ticket, Welcome } from '../protocol/generated.ts';
import { WIRE_LIMITS } from '../protocol/generated.ts';
import type { ApiResult } from './api.ts';
import { Scope } from './scope.ts';
import { MeetingSocket, type Line } from './socket.ts';

/** The node's end of one WebSocket. */
class FakeLine extends EventTarget implements Line {
  readyState: Line['readyState'] = 0;
  readonly frames: ClientFrame[] = [];

  send(data: unknown): void {
    this.frames.push(JSON.parse(String(data)) as ClientFrame);
  }

  close(): void {
    this.readyState = 3;
  }

  async opens(): Promise<void> {
    this.readyState = 1;
    this.dispatchEvent(new Event('open'));
    await vi.advanceTimersByTimeAsync(0);
  }

  says(message: ServerMessage): void {
    this.dispatchEvent(new MessageEvent('message', { data: JSON.stringify({ message }) }));
  }

  breaks(): void {
    this.readyState = 3;
    this.dispatchEvent(new Event('close'));
  }

  /** What was asked, without pings. */
  asked(): readonly string[] {
    return this.frames
      .filter(({ message }) => message.type !== 'ping')
      .map(({ id, message }) => `${String(id)} ${message.type}`);
  }
}

const welcome = (change: Partial<Welcome> = {}): ServerMessage => ({
  type: 'welcome',
  version: 1,
  you: { seat: 's' as Welcome['you']['seat'], role: 'site', actions: [] },
  resumed: 'fresh',
  resumeToken: 'token1' as Welcome['resumeToken'],
  lastRequest: 0,
  serverTime: 1,
  limits: WIRE_LIMITS,
  ...change,
});

const done = (re: number): ServerMessage => ({ type: 'reply', re, outcome: { result: 'done', fact: 1 } });
const hand: ClientMessage = { type: 'registerToSpeak', topic: null };

/** A client against a node whose every move the test makes. Chance is always a half. */
class World {
  readonly lines: FakeLine[] = [];
  readonly told: string[] = [];
  readonly scope = new Scope();
  tickets = 0;
  ticketAnswer: ApiResult<Ticket> = { ok: true, value: 'ticket2' as Ticket };
  readonly socket = new MeetingSocket(
    {
      scope: this.scope,
      dial: () => {
        const line = new FakeLine();
        this.lines.push(line);
        return line;
      },
      random: () => 0.5,
      ticket: 'ticket1' as Ticket,
      freshTicket: () => {
        this.tickets += 1;
        return Promise.resolve(this.ticketAnswer);
      },
      device: 'computer',
    },
    {
      onMessage: (message) => this.told.push(message.type),
      onRefused: (request, refusal) => this.told.push(`refused ${request.type} ${refusal}`),
      onLost: () => this.told.push('lost'),
      onEnded: (reason) => this.told.push(`ended ${reason}`),
      onFailed: (failure) => this.told.push(`failed ${failure.kind === 'refused' ? failure.refusal : ''}`),
    },
  );

  get line(): FakeLine {
    const line = this.lines.at(-1);
    if (line === undefined) throw new Error('not dialled');
    return line;
  }

  async joins(): Promise<void> {
    await this.line.opens();
    this.line.says(welcome());
    this.line.says({ type: 'changed', fact: 7, changes: [] });
  }

  async waits(ms: number): Promise<void> {
    await vi.advanceTimersByTimeAsync(ms);
  }
}

let world: World;
beforeEach(() => {
  vi.useFakeTimers();
  world = new World();
});

const credentialOf = (line: FakeLine): unknown => {
  const message = line.frames[0]?.message;
  return message?.type === 'hello' ? message.credential : undefined;
};

test('says hello with its ticket and asks only after the welcome', async () => {
  world.socket.send(hand);
  await world.line.opens();
  expect(world.line.asked()).toEqual(['0 hello']);
  expect(credentialOf(world.line)).toEqual({ kind: 'ticket', ticket: 'ticket1' });
  world.line.says(welcome());
  expect(world.line.asked()).toEqual(['0 hello', '1 registerToSpeak']);
});

test('a seat that was used before goes on above its last request', async () => {
  world.socket.send(hand);
  await world.line.opens();
  world.line.says(welcome({ lastRequest: 41 }));
  expect(world.line.asked()).toEqual(['0 hello', '42 registerToSpeak']);
});

test('pings every five seconds and says what it has seen', async () => {
  await world.joins();
  await world.waits(5_000);
  expect(world.line.frames.at(-1)).toMatchObject({ seen: 7, message: { type: 'ping' } });
});

describe('a broken line', () => {
  test('comes back with token and last fact, and repeats what was not answered under its number', async () => {
    await world.joins();
    world.socket.send(hand);
    world.socket.send({ type: 'openMicrophone' });
    world.line.says(done(1));
    world.line.breaks();
    world.socket.send({ type: 'closeMicrophone' });
    expect(world.told.at(-1)).toBe('lost');
    await world.waits(250);
    expect(world.lines).toHaveLength(2);
    await world.line.opens();
    expect(credentialOf(world.line)).toEqual({ kind: 'resume', token: 'token1', seen: 7 });
    world.line.says(welcome({ resumed: 'caught', lastRequest: 1 }));
    expect(world.line.asked()).toEqual(['0 hello', '2 openMicrophone', '3 closeMicrophone']);
  });

  test('waits longer from try to try and for no longer than ten seconds', async () => {
    await world.joins();
    world.line.breaks();
    const waits: number[] = [];
    for (let attempt = 0; attempt < 7; attempt += 1) {
      const before = world.lines.length;
      let waited = 0;
      while (world.lines.length === before) {
        await world.waits(50);
        waited += 50;
      }
      waits.push(waited);
      world.line.breaks();
    }
    expect(waits).toEqual([250, 300, 1_200, 2_700, 4_800, 7_000, 7_000]);
  });

  test('a line that stays silent is given up', async () => {
    await world.joins();
    await world.waits(WIRE_LIMITS.silenceMs - 1);
    expect(world.told).not.toContain('lost');
    await world.waits(1);
    expect(world.told.at(-1)).toBe('lost');
  });

  test('a node that never says welcome is tried anew with another ticket', async () => {
    await world.line.opens();
    await world.waits(10_300);
    expect(world.lines).toHaveLength(2);
    await world.line.opens();
    expect(world.tickets).toBe(1);
    expect(credentialOf(world.line)).toEqual({ kind: 'ticket', ticket: 'ticket2' });
  });

  test('only the newest view is repeated', async () => {
    await world.joins();
    const view = (programmeHeight: number): ClientMessage => ({
      type: 'setView',
      profile: 'full',
      programmeHeight,
      slidesHeight: 0,
      mosaic: [],
    });
    world.socket.send(view(360));
    world.socket.send(view(720));
    world.line.breaks();
    await world.waits(250);
    await world.line.opens();
    world.line.says(welcome({ resumed: 'caught' }));
    expect(world.line.asked()).toEqual(['0 hello', '2 setView']);
  });

  test('half a snapshot does not count as seen', async () => {
    await world.line.opens();
    world.line.says(welcome());
    world.line.says({ type: 'snapshot', fact: 9, page: 1, of: 2, meeting: {} as never, seats: [] });
    world.line.breaks();
    await world.waits(250);
    await world.line.opens();
    expect(credentialOf(world.line)).toMatchObject({ seen: 0 });
  });
});

describe('goodbyes', () => {
  test.each(['replaced', 'removed', 'revoked', 'ended', 'left', 'misbehaved'] as const)(
    '%s is for good',
    async (reason) => {
      await world.joins();
      world.line.says({ type: 'bye', reason });
      world.line.breaks();
      await world.waits(60_000);
      expect(world.told.at(-1)).toBe(`ended ${reason}`);
      expect(world.lines).toHaveLength(1);
    },
  );

  test.each(['restarting', 'overrun', 'silent'] as const)('%s means come back', async (reason) => {
    await world.joins();
    world.line.says({ type: 'bye', reason });
    await world.waits(250);
    expect(world.lines).toHaveLength(2);
    expect(world.told).not.toContain(`ended ${reason}`);
  });

  test('the node’s own delay is kept', async () => {
    await world.joins();
    world.line.says({ type: 'bye', reason: 'restarting', retryAfterMs: 4_000 });
    await world.waits(4_999);
    expect(world.lines).toHaveLength(1);
    await world.waits(1);
    expect(world.lines).toHaveLength(2);
  });
});

describe('refused at the door', () => {
  const refused = (
    refusal: 'ticketInvalid' | 'removed' | 'rateLimited' | 'versionMismatch',
  ): ServerMessage => ({
    type: 'reply',
    re: 0,
    outcome: { result: 'refused', refusal },
  });

  test('a token that is not known any more is exchanged for a ticket, and requests keep their numbers', async () => {
    await world.joins();
    world.socket.send(hand);
    world.line.breaks();
    await world.waits(250);
    await world.line.opens();
    world.line.says(refused('ticketInvalid'));
    await world.waits(1_000);
    await world.line.opens();
    expect(credentialOf(world.line)).toEqual({ kind: 'ticket', ticket: 'ticket2' });
    // The node had done it before it forgot the connection: the same number is only answered again.
    world.line.says(welcome({ resumeToken: 'token2' as Welcome['resumeToken'], lastRequest: 1 }));
    expect(world.line.asked()).toEqual(['0 hello', '1 registerToSpeak']);
    expect(world.socket.token).toBe('token2');
  });

  test('a session that is over ends it', async () => {
    world.ticketAnswer = { ok: false, failure: { kind: 'refused', refusal: 'signedOut' } };
    await world.joins();
    world.line.breaks();
    await world.waits(250);
    await world.line.opens();
    world.line.says(refused('ticketInvalid'));
    await world.waits(1_000);
    await world.line.opens();
    await world.waits(60_000);
    expect(world.told.at(-1)).toBe('failed signedOut');
    expect(world.lines).toHaveLength(3);
  });

  test.each(['removed', 'versionMismatch'] as const)('%s ends it', async (refusal) => {
    await world.line.opens();
    world.line.says(refused(refusal));
    await world.waits(60_000);
    expect(world.told).toEqual([`failed ${refusal}`]);
    expect(world.lines).toHaveLength(1);
  });

  test('a busy node is tried again', async () => {
    await world.line.opens();
    world.line.says(refused('rateLimited'));
    await world.waits(1_000);
    expect(world.lines).toHaveLength(2);
  });
});

test('a refused request is told with what was asked', async () => {
  await world.joins();
  world.socket.send({ type: 'openMicrophone' });
  world.line.says({ type: 'reply', re: 1, outcome: { result: 'refused', refusal: 'microphoneLocked' } });
  expect(world.told.filter((told) => told.startsWith('refused'))).toEqual([
    'refused openMicrophone microphoneLocked',
  ]);
});

test('strange frames are counted and passed over', async () => {
  await world.joins();
  for (const data of ['{', '{"message":{"type":"weather"}}', new Uint8Array(2)]) {
    world.line.dispatchEvent(new MessageEvent('message', { data }));
  }
  expect(world.socket.strange).toEqual({ unknown: 1, malformed: 2 });
});

test('ending the scope leaves nothing behind', async () => {
  await world.joins();
  world.socket.leave();
  world.scope.end();
  expect(world.line.asked().at(-1)).toBe('1 leave');
  expect(world.line.readyState).toBe(3);
  world.line.breaks();
  await world.waits(60_000);
  expect(world.lines).toHaveLength(1);
  expect(vi.getTimerCount()).toBe(0);
});
