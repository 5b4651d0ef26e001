// A line between a browser and the node that can really be cut: a relay for UDP and for TCP in this process. While it is
// cut, datagrams vanish, open connections stay open and silent, and new ones are not answered: what a pulled network
// cable looks like from both ends.

import { createSocket, type Socket as UdpSocket } from 'node:dgram';
import { once } from 'node:events';
import { connect, createServer, type Server, type Socket } from 'node:net';
import type { AddressInfo } from 'node:net';

export class Link {
  readonly httpPort: number;
  readonly mediaPort: number;
  #cut = false;
  readonly #server: Server;
  readonly #udp: UdpSocket;
  readonly #upstreams = new Map<string, UdpSocket>();
  readonly #sockets = new Set<Socket>();

  static async to(node: { httpPort: number; mediaPort: number }): Promise<Link> {
    const server = createServer({ pauseOnConnect: true });
    server.listen(0, '127.0.0.1');
    const udp = createSocket('udp4');
    // Every address: Firefox does not pair loopback while the machine has another one.
    udp.bind(0, '0.0.0.0');
    await Promise.all([once(server, 'listening'), once(udp, 'listening')]);
    return new Link(server, udp, node);
  }

  private constructor(server: Server, udp: UdpSocket, node: { httpPort: number; mediaPort: number }) {
    this.#server = server;
    this.#udp = udp;
    this.httpPort = (server.address() as AddressInfo).port;
    this.mediaPort = udp.address().port;
    server.on('connection', (socket) => this.#relay(socket, node.httpPort));
    udp.on('message', (datagram, from) => {
      if (!this.#cut)
        this.#upstream(`${from.address}:${from.port}`, from.port, from.address).send(
          datagram,
          node.mediaPort,
          '127.0.0.1',
        );
    });
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
    for (const upstream of this.#upstreams.values()) upstream.close();
    this.#server.close();
    this.#udp.close();
  }

  #upstream(client: string, port: number, address: string): UdpSocket {
    const known = this.#upstreams.get(client);
    if (known) return known;
    const upstream = createSocket('udp4');
    upstream.on('message', (datagram) => {
      if (!this.#cut) this.#udp.send(datagram, port, address);
    });
    upstream.on('error', () => undefined);
    this.#upstreams.set(client, upstream);
    return upstream;
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
    if (!this.#cut) near.resume();
  }
}
