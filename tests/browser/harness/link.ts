// A line between a browser and the node that can really be cut: a relay for UDP and for TCP in this process. While it is
// cut, datagrams vanish, open connections stay open and silent, and new ones are not answered: what a pulled network
// cable looks like from both ends.

import { createSocket, type Socket as UdpSocket } from 'node:dgram';
import { once } from 'node:events';
import { connect, createServer, type Server, type Socket } from 'node:net';
import type { AddressInfo } from 'node:net';

/** What a node listens on: one port for pages, one for media of each of its workers. */
export type Ports = {
  readonly httpPort: number;
  readonly mediaPorts: readonly number[];
};

export class Link {
  readonly #pages: StreamRelay;
  readonly #relays: readonly MediaRelay[];

  static async to(node: Ports): Promise<Link> {
    const [pages, relays] = await Promise.all([
      StreamRelay.to(node.httpPort),
      Promise.all(node.mediaPorts.map(async (port) => await MediaRelay.to(port))),
    ]);
    return new Link(pages, relays);
  }

  private constructor(pages: StreamRelay, relays: readonly MediaRelay[]) {
    this.#pages = pages;
    this.#relays = relays;
  }

  get httpPort(): number {
    return this.#pages.port;
  }

  /** Which port of this line stands for which of the node's. */
  get mediaPorts(): Readonly<Record<number, number>> {
    return Object.fromEntries(this.#relays.map(({ to, port }) => [to, port]));
  }

  /** Nothing passes from now on. */
  cut(): void {
    this.#pages.cut();
    for (const relay of this.#relays) relay.passes = false;
  }

  /** Everything passes again; connections that waited find their other end again. */
  mend(): void {
    this.#pages.mend();
    for (const relay of this.#relays) relay.passes = true;
  }

  close(): void {
    this.#pages.close();
    for (const relay of this.#relays) relay.close();
  }
}

/** Connections to one port of this machine. */
export class StreamRelay {
  readonly port: number;
  #cut = false;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();

  static async to(port: number): Promise<StreamRelay> {
    const server = createServer({ pauseOnConnect: true });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return new StreamRelay(server, port);
  }

  private constructor(server: Server, to: number) {
    this.#server = server;
    this.port = (server.address() as AddressInfo).port;
    server.on('connection', (socket) => this.#relay(socket, to));
  }

  /** Nothing passes from now on. */
  cut(): void {
    this.#cut = true;
    for (const socket of this.#sockets) socket.pause();
  }

  /** Everything passes again; connections that waited find their other end again. */
  mend(): void {
    this.#cut = false;
    for (const socket of this.#sockets) socket.resume();
  }

  close(): void {
    for (const socket of this.#sockets) socket.destroy();
    this.#server.close();
  }

  #relay(near: Socket, port: number): void {
    const far = connect(port, '127.0.0.1');
    for (const [socket, other] of [
      [near, far],
      [far, near],
    ] as const) {
      this.#sockets.add(socket);
      socket.on('data', (bytes) => other.write(bytes));
      socket.on('error', () => other.destroy());
      socket.on('end', () => other.end());
      socket.on('close', () => {
        this.#sockets.delete(socket);
        other.destroy();
      });
    }
    if (this.#cut) far.pause();
    else near.resume();
  }
}

/** Datagrams to one port of the node and back, for any number of clients. */
class MediaRelay {
  passes = true;
  readonly to: number;
  readonly port: number;
  readonly #near: UdpSocket;
  readonly #upstreams = new Map<string, UdpSocket>();

  static async to(port: number): Promise<MediaRelay> {
    const near = createSocket('udp4');
    // Every address: Firefox does not pair loopback while the machine has another one.
    near.bind(0, '0.0.0.0');
    await once(near, 'listening');
    return new MediaRelay(near, port);
  }

  private constructor(near: UdpSocket, to: number) {
    this.#near = near;
    this.to = to;
    this.port = near.address().port;
    near.on('message', (datagram, from) => {
      if (this.passes) this.#upstream(from.port, from.address).send(datagram, to, '127.0.0.1');
    });
  }

  close(): void {
    for (const upstream of this.#upstreams.values()) upstream.close();
    this.#near.close();
  }

  #upstream(port: number, address: string): UdpSocket {
    const client = `${address}:${port}`;
    const known = this.#upstreams.get(client);
    if (known) return known;
    const upstream = createSocket('udp4');
    upstream.on('message', (datagram) => {
      if (this.passes) this.#near.send(datagram, port, address);
    });
    upstream.on('error', () => undefined);
    this.#upstreams.set(client, upstream);
    return upstream;
  }
}
