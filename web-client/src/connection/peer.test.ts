import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { ResumeToken } from '../protocol/generated.ts';
import { Peer } from './peer.ts';
import { Scope } from './scope.ts';

type Encoding = { readonly rid?: string; readonly active?: boolean };

class FakeSender {
  track: MediaStreamTrack | null = null;
  encodings: readonly Encoding[];
  readonly transport = Object.assign(new EventTarget(), { state: 'connected' });

  constructor(encodings: readonly Encoding[]) {
    this.encodings = encodings;
  }

  replaceTrack(track: MediaStreamTrack | null): Promise<void> {
    this.track = track;
    return Promise.resolve();
  }

  getParameters(): { encodings: readonly Encoding[] } {
    return { encodings: this.encodings };
  }

  setParameters({ encodings }: { encodings: readonly Encoding[] }): Promise<void> {
    this.encodings = encodings;
    return Promise.resolve();
  }
}

/** As much of a browser's connection as the peer uses; the test says when it connects. */
class FakeConnection extends EventTarget {
  connectionState = 'new';
  signalingState = 'stable';
  localDescription: { sdp: string } | null = null;
  readonly transceivers: {
    kind: string;
    direction: string;
    mid: string;
    sender: FakeSender;
    receiver: unknown;
  }[] = [];

  constructor() {
    super();
    world.connections.push(this);
  }

  addTransceiver(
    kind: string,
    { direction, sendEncodings = [] }: { direction: string; sendEncodings?: Encoding[] },
  ) {
    const transceiver = {
      kind,
      direction,
      mid: String(this.transceivers.length),
      sender: new FakeSender(sendEncodings),
      receiver: { track: { kind } },
      setCodecPreferences: () => undefined,
    };
    this.transceivers.push(transceiver);
    return transceiver;
  }

  getTransceivers() {
    return this.transceivers;
  }

  getSenders() {
    return this.transceivers.map(({ sender }) => sender);
  }

  createOffer({ iceRestart }: { iceRestart: boolean }) {
    return Promise.resolve({ sdp: iceRestart ? 'restart' : 'first' });
  }

  setLocalDescription(description: { sdp: string }) {
    this.localDescription = description;
    return Promise.resolve();
  }

  setRemoteDescription() {
    return Promise.resolve();
  }

  close(): void {
    this.connectionState = 'closed';
    this.signalingState = 'closed';
  }

  turns(state: string): void {
    this.connectionState = state;
    this.dispatchEvent(new Event('connectionstatechange'));
  }
}

type Answer = 'accepted' | 'refused' | 'unreachable';

class World {
  readonly connections: FakeConnection[] = [];
  readonly asked: string[] = [];
  readonly told: string[] = [];
  readonly scope = new Scope();
  answer: Answer = 'accepted';
  /** What is answered before that, one after the other. */
  readonly answers: Answer[] = [];
  token: ResumeToken | null = 'token' as ResumeToken;

  fetch = (path: string, init: RequestInit): Promise<Response> => {
    // As the node's routes have it: what stands is asked for where it is, not at the door where it was made.
    expect(path).toBe(init.method === 'PATCH' ? '/api/v1/rtc/session' : '/api/v1/rtc');
    this.asked.push(`${init.method ?? ''} ${init.body as string}`);
    const answer = this.answers.shift() ?? this.answer;
    if (answer === 'unreachable') return Promise.reject(new TypeError('no network'));
    if (answer === 'refused') {
      return Promise.resolve(new Response('{"refusal":"ticketInvalid"}', { status: 401 }));
    }
    return Promise.resolve(new Response('answer', { status: 201 }));
  };

  start(): Peer {
    return new Peer(
      { scope: this.scope, bearer: () => this.token, mosaic: 2, random: () => 0.5, now: () => Date.now() },
      {
        onFlowing: () => this.told.push('flowing'),
        onRestarting: () => this.told.push('restarting'),
        onRejoining: () => this.told.push('rejoining'),
        onReceived: (tracks) => this.told.push(`received ${[...tracks.keys()].join(' ')}`),
      },
    );
  }

  get connection(): FakeConnection {
    const connection = this.connections.at(-1);
    if (connection === undefined) throw new Error('no transport was made');
    return connection;
  }
}

let world: World;
const waits = (ms: number): Promise<unknown> => vi.advanceTimersByTimeAsync(ms);

async function flowing(): Promise<Peer> {
  const peer = world.start();
  await waits(0);
  world.connection.turns('connected');
  return peer;
}

beforeEach(() => {
  vi.useFakeTimers();
  world = new World();
  vi.stubGlobal('RTCPeerConnection', FakeConnection);
  vi.stubGlobal('RTCRtpReceiver', { getCapabilities: () => null });
  vi.stubGlobal('fetch', world.fetch);
  vi.spyOn(console, 'warn').mockReturnValue();
});

afterEach(() => {
  world.scope.end();
  vi.unstubAllGlobals();
});

test('offers the lines in the order that the node expects, once', async () => {
  await flowing();
  expect(world.asked).toEqual(['POST first']);
  expect(world.connection.transceivers.map(({ kind, direction }) => `${kind} ${direction}`)).toEqual([
    'audio sendonly',
    'video sendonly',
    'video sendonly',
    'audio sendonly',
    ...Array.from({ length: 4 }, () => 'audio recvonly'),
    ...Array.from({ length: 4 }, () => 'video recvonly'),
  ]);
  expect(world.told).toEqual(['received 4 5 6 7 8 9 10 11', 'flowing']);
});

test('sends nothing of a camera until somebody wants it, and no more than is wanted', async () => {
  const peer = await flowing();
  const camera = world.connection.transceivers[1]?.sender;
  const active = (): unknown => camera?.encodings.filter((one) => one.active).map(({ rid }) => rid);
  expect(active()).toEqual([]);
  peer.setDemand('camera', 'medium');
  await waits(0);
  expect(active()).toEqual(['q', 'h']);
  peer.setDemand('camera', 'high');
  peer.setDemand('camera', 'paused');
  await waits(0);
  expect(active()).toEqual([]);
});

describe('a silent path', () => {
  test('that comes back by itself is left alone', async () => {
    await flowing();
    world.connection.turns('disconnected');
    await waits(1_400);
    world.connection.turns('connected');
    await waits(5_000);
    expect(world.asked).toEqual(['POST first']);
  });

  test('is looked for anew on the same transport', async () => {
    await flowing();
    world.connection.turns('disconnected');
    await waits(1_500);
    expect(world.asked).toEqual(['POST first', 'PATCH restart']);
    world.connection.turns('connected');
    expect(world.told.slice(1)).toEqual(['flowing', 'restarting', 'flowing']);
    expect(world.connections).toHaveLength(1);
  });

  test('keeps its transport while the node cannot be asked', async () => {
    await flowing();
    world.answer = 'unreachable';
    world.connection.turns('disconnected');
    await waits(2_000);
    expect(world.connections).toHaveLength(1);
    world.answer = 'accepted';
    await waits(2_000);
    expect(world.asked.filter((asked) => asked === 'PATCH restart').length).toBeGreaterThan(1);
    world.connection.turns('connected');
    expect(world.told.at(-1)).toBe('flowing');
    expect(world.connections).toHaveLength(1);
  });

  test('on a transport that the node has forgotten leads to a new one with the same sources', async () => {
    const peer = await flowing();
    const track = { kind: 'video' } as MediaStreamTrack;
    peer.setTrack('camera', track);
    peer.setDemand('camera', 'low');
    await waits(0);
    world.answer = 'refused';
    world.connection.turns('disconnected');
    await waits(1_500);
    world.answer = 'accepted';
    await waits(1_000);
    expect(world.connections).toHaveLength(2);
    expect(world.connections[0]?.connectionState).toBe('closed');
    const camera = world.connection.transceivers[1]?.sender;
    expect(camera?.track).toBe(track);
    expect(camera?.encodings.map(({ active }) => active)).toEqual([true, false, false]);
    expect(world.told).toContain('rejoining');
  });
});

test.each(['failed', 'dtls closed'])('%s leads to a new transport', async (how) => {
  await flowing();
  if (how === 'failed') world.connection.turns('failed');
  else {
    const transport = world.connection.transceivers[0]?.sender.transport;
    Object.assign(transport ?? {}, { state: 'closed' });
    transport?.dispatchEvent(new Event('statechange'));
  }
  await waits(1_000);
  expect(world.connections).toHaveLength(2);
  expect(world.asked).toEqual(['POST first', 'POST first']);
});

test('a transport that never comes up is thrown away', async () => {
  world.start();
  await waits(10_500);
  expect(world.connections.length).toBeGreaterThan(1);
});

test('a transport that came up in time is not thrown away for a silence when that time is over', async () => {
  await flowing();
  world.answer = 'unreachable';
  await waits(9_000);
  world.connection.turns('disconnected');
  await waits(1_500);
  expect(world.connections).toHaveLength(1);
});

test('a refused offer waits longer and longer, and not when the socket is back', async () => {
  world.answer = 'refused';
  const peer = world.start();
  await waits(20_000);
  const tries = world.asked.length;
  expect(tries).toBeLessThan(9);
  world.answer = 'accepted';
  peer.nudge();
  await waits(0);
  expect(world.asked).toHaveLength(tries + 1);
});

describe('a socket that is back', () => {
  test('asks whether what flows still flows, without a word if it does', async () => {
    const peer = await flowing();
    peer.nudge();
    await waits(0);
    expect(world.asked).toEqual(['POST first', 'PATCH restart']);
    expect(world.told.slice(1)).toEqual(['flowing', 'restarting', 'flowing']);
    expect(world.connections).toHaveLength(1);
  });

  test('leads at once to one new transport if the node has forgotten the old one', async () => {
    const peer = await flowing();
    world.answers.push('refused');
    peer.nudge();
    await waits(500);
    expect(world.asked).toEqual(['POST first', 'PATCH restart', 'POST first']);
    world.connection.turns('connected');
    await waits(30_000);
    expect(world.connections).toHaveLength(2);
    expect(world.told.slice(1).filter((told) => !told.startsWith('received'))).toEqual([
      'flowing',
      'restarting',
      'rejoining',
      'flowing',
    ]);
  });

  test('ends the wait of a search that could not ask, however long it has become', async () => {
    const peer = await flowing();
    world.answer = 'unreachable';
    world.connection.turns('disconnected');
    await waits(20_000);
    world.answer = 'accepted';
    world.answers.push('refused');
    const asked = world.asked.length;
    peer.nudge();
    peer.nudge();
    await waits(500);
    expect(world.asked.slice(asked)).toEqual(['PATCH restart', 'POST first']);
  });
});

test('without the right to media nothing is asked', async () => {
  world.token = null;
  const peer = world.start();
  await waits(5_000);
  expect(world.asked).toEqual([]);
  world.token = 'token' as ResumeToken;
  peer.nudge();
  await waits(0);
  expect(world.asked).toEqual(['POST first']);
});

test('waking from sleep looks for the path anew', async () => {
  await flowing();
  vi.setSystemTime(Date.now() + 60_000);
  await waits(1_000);
  expect(world.asked).toEqual(['POST first', 'PATCH restart']);
});

test('the end of the call closes everything', async () => {
  await flowing();
  world.scope.end();
  expect(world.connection.connectionState).toBe('closed');
  await waits(60_000);
  expect(world.connections).toHaveLength(1);
  expect(vi.getTimerCount()).toBe(0);
});
