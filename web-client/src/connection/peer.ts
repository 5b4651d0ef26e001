// The seat's media: one transport at a time, kept alive. What is to be sent is remembered here, so that a new
// transport takes up where the old one was.
//
// waiting => offering                    the back-off is over, or the socket is back
// offering => connecting | waiting       the node answered, or not
// connecting => flowing                  ICE and DTLS are up
// flowing => restarting                  disconnected too long, another network, woken from sleep
// restarting => flowing | waiting        another path was found, or the node does not know us any more
// any => waiting                         the transport failed; a new one is made

import type { PublishDemand, PublishSource, ResumeToken } from '../protocol/generated.ts';
import { retryDelayMs, type Random } from './backoff.ts';
import { exchange } from './offer.ts';
import type { Scope } from './scope.ts';
import { Transport } from './transport.ts';

/** A path that is silent this long is looked for anew; shorter breaks mend themselves. */
const DISCONNECTED_MS = 1_500;

/** A transport that is not up by then is thrown away. */
const CONNECT_MS = 10_000;

/** A timer that is this late means that the machine slept: addresses and paths may have changed. */
const SLEPT_MS = 5_000;
const PULSE_MS = 1_000;

export type PeerOptions = {
  readonly scope: Scope;
  /** The right to media: the token of the last welcome. */
  readonly bearer: () => ResumeToken | null;
  readonly mosaic: number;
  readonly random: Random;
  readonly now: () => number;
};

export type PeerListener = {
  readonly onFlowing: () => void;
  readonly onRestarting: () => void;
  readonly onRejoining: () => void;
  /** A new transport: what arrives on its lines, by mid. */
  readonly onReceived: (tracks: ReadonlyMap<string, MediaStreamTrack>) => void;
};

type Phase = 'waiting' | 'offering' | 'connecting' | 'flowing' | 'restarting';

export class Peer {
  readonly #options: PeerOptions;
  readonly #listener: PeerListener;
  readonly #tracks = new Map<PublishSource, MediaStreamTrack>();
  readonly #demands = new Map<PublishSource, PublishDemand>();
  #phase: Phase = 'waiting';
  #transport: Transport | null = null;
  /** Of the present transport. */
  #life: Scope | null = null;
  #attempt = 0;
  #cancelRetry: () => void = () => undefined;
  #cancelRestart: () => void = () => undefined;
  #cancelConnect: () => void = () => undefined;
  /** Does at once what waits for its turn to look for another path; nothing while none waits. */
  #lookNow: () => void = () => undefined;

  constructor(options: PeerOptions, listener: PeerListener) {
    this.#options = options;
    this.#listener = listener;
    options.scope.onEnd(() => {
      this.#giveUp();
    });
    options.scope.listen(globalThis, 'online', () => void this.#restart());
    let pulse = options.now();
    options.scope.every(PULSE_MS, () => {
      const slept = options.now() - pulse > PULSE_MS + SLEPT_MS;
      pulse = options.now();
      if (slept) void this.#restart();
    });
    void this.#connect();
  }

  /** The socket is back: what waited for the node need not wait any longer. What seems to flow may flow into nothing:
   *  a node that was restarted knows no media, and ICE would need some seconds to find that out. */
  nudge(): void {
    switch (this.#phase) {
      case 'waiting':
        void this.#connect();
        break;
      case 'flowing':
        void this.#restart();
        break;
      case 'restarting':
        this.#lookNow();
        break;
      case 'offering':
      case 'connecting':
        break;
      default:
        this.#phase satisfies never;
    }
  }

  setTrack(source: PublishSource, track: MediaStreamTrack | null): void {
    if (track === null) this.#tracks.delete(source);
    else this.#tracks.set(source, track);
    this.#transport?.setTrack(source, track);
  }

  setDemand(source: PublishSource, demand: PublishDemand): void {
    this.#demands.set(source, demand);
    this.#transport?.setDemand(source, demand);
  }

  async stats(): Promise<{ report: RTCStatsReport; sourceOf: Transport['sourceOf'] } | null> {
    const transport = this.#transport;
    if (transport === null || this.#phase === 'offering') return null;
    const report = await transport.connection.getStats();
    return { report, sourceOf: (mid) => transport.sourceOf(mid) };
  }

  async #connect(): Promise<void> {
    const { scope, bearer, mosaic } = this.#options;
    const token = bearer();
    if (scope.hasEnded()) return;
    this.#giveUp();
    if (token === null) {
      this.#wait();
      return;
    }
    this.#phase = 'offering';
    const life = scope.child();
    const transport = new Transport(mosaic);
    this.#life = life;
    this.#transport = transport;
    life.onEnd(() => {
      transport.close();
    });
    this.#watch(transport, life);
    for (const [source, track] of this.#tracks) transport.setTrack(source, track);
    const offer = await transport.offer('first');
    if (life.hasEnded()) return;
    this.#listener.onReceived(transport.received());
    await this.#exchange('POST', transport, life, token, offer);
  }

  async #exchange(
    method: 'POST' | 'PATCH',
    transport: Transport,
    life: Scope,
    token: ResumeToken,
    offer: string,
  ): Promise<void> {
    const answer = await exchange(method, token, offer);
    if (life.hasEnded()) return;
    try {
      if (!answer.ok) {
        if (method === 'PATCH' && answer.failure.kind === 'unreachable') this.#restartLater(transport, life);
        else {
          // A node that answers is there; it only does not know this transport.
          if (method === 'PATCH') this.#attempt = 0;
          this.#again();
        }
        return;
      }
      if (method === 'POST') this.#phase = 'connecting';
      await transport.answer(answer.value);
    } catch (error) {
      console.warn('the answer was not understood', error);
      if (!life.hasEnded()) this.#again();
      return;
    }
    for (const [source, demand] of this.#demands) transport.setDemand(source, demand);
    if (method === 'POST') this.#watchForClose(transport, life);
    // An ICE restart that finds the old path again changes no state: the connection stood all the time.
    if (transport.connection.connectionState === 'connected') this.#flows();
    else this.#giveUpUnlessUp(life);
  }

  #giveUpUnlessUp(life: Scope): void {
    this.#cancelConnect();
    this.#cancelConnect = life.after(CONNECT_MS, () => {
      this.#again();
    });
  }

  #watch(transport: Transport, life: Scope): void {
    const { connection } = transport;
    life.listen(connection, 'connectionstatechange', () => {
      this.#cancelRestart();
      switch (connection.connectionState) {
        case 'connected':
          this.#flows();
          break;
        case 'disconnected':
          this.#cancelRestart = life.after(DISCONNECTED_MS, () => void this.#restart());
          break;
        case 'failed':
          this.#again();
          break;
        case 'new':
        case 'connecting':
        case 'closed':
          break;
        default:
          connection.connectionState satisfies never;
      }
    });
  }

  /** A node that ends the transport says so in DTLS, which some browsers do not count into the connection's state. */
  #watchForClose({ connection }: Transport, life: Scope): void {
    const dtls = connection.getSenders()[0]?.transport;
    if (dtls === undefined || dtls === null) return;
    life.listen(dtls, 'statechange', () => {
      if (dtls.state === 'closed' || dtls.state === 'failed') this.#again();
    });
  }

  #flows(): void {
    this.#cancelConnect();
    const before = this.#phase;
    this.#phase = 'flowing';
    this.#attempt = 0;
    if (before !== 'flowing') this.#listener.onFlowing();
  }

  /** Looks for another path on the same transport: decoders and jitter buffers are kept. */
  async #restart(): Promise<void> {
    const transport = this.#transport;
    const life = this.#life;
    const token = this.#options.bearer();
    if (this.#phase !== 'flowing' || transport === null || life === null || token === null) return;
    this.#phase = 'restarting';
    this.#listener.onRestarting();
    await this.#lookAgain(transport, life, token);
  }

  async #lookAgain(transport: Transport, life: Scope, token: ResumeToken): Promise<void> {
    const offer = await transport.offer('restart');
    if (life.hasEnded()) return;
    await this.#exchange('PATCH', transport, life, token, offer);
  }

  /** The node cannot be asked now. The transport is kept: it mends itself if the old path comes back, and the
   *  browser says when it has failed for good. */
  #restartLater(transport: Transport, life: Scope): void {
    const delay = retryDelayMs(this.#attempt, undefined, this.#options.random);
    this.#attempt += 1;
    const look = (): void => {
      cancel();
      this.#lookNow = () => undefined;
      const token = this.#options.bearer();
      if (this.#phase === 'restarting' && token !== null) void this.#lookAgain(transport, life, token);
    };
    const cancel = life.after(delay, look);
    this.#lookNow = look;
  }

  /** A new transport, after a while. */
  #again(): void {
    this.#giveUp();
    this.#listener.onRejoining();
    this.#wait();
  }

  #wait(): void {
    this.#phase = 'waiting';
    const delay = retryDelayMs(this.#attempt, undefined, this.#options.random);
    this.#attempt += 1;
    this.#cancelRetry = this.#options.scope.after(delay, () => void this.#connect());
  }

  #giveUp(): void {
    this.#cancelRetry();
    this.#cancelRestart();
    this.#cancelConnect();
    this.#lookNow = () => undefined;
    this.#phase = 'waiting';
    const life = this.#life;
    this.#life = null;
    this.#transport = null;
    life?.end();
  }
}
