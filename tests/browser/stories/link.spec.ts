// The relay that stands for a site's line: cut, nothing passes and nothing is refused; mended, what waited goes on.

import { expect, test } from '@playwright/test';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { connect, createServer, type AddressInfo } from 'node:net';
import { Link } from '../harness/link.ts';

test('a cut line is silent both ways and on both transports', async () => {
  const server = createServer((socket) => socket.on('data', (bytes) => socket.write(bytes)));
  server.listen(0, '127.0.0.1');
  const echo = createSocket('udp4');
  echo.on('message', (datagram, from) => echo.send(datagram, from.port, from.address));
  echo.bind(0, '127.0.0.1');
  await Promise.all([once(server, 'listening'), once(echo, 'listening')]);
  const link = await Link.to({
    httpPort: (server.address() as AddressInfo).port,
    mediaPorts: [echo.address().port],
  });
  const mediaPort = link.mediaPorts[echo.address().port];

  const heard: string[] = [];
  const stream = connect(link.httpPort, '127.0.0.1', () => stream.write('one'));
  stream.on('data', (bytes) => heard.push(`stream ${bytes.toString()}`));
  const datagrams = createSocket('udp4');
  datagrams.on('message', (bytes) => heard.push(`datagram ${bytes.toString()}`));
  datagrams.send('one', mediaPort, '127.0.0.1');
  await expect.poll(() => heard.toSorted()).toEqual(['datagram one', 'stream one']);

  link.cut();
  stream.write('two');
  datagrams.send('two', mediaPort, '127.0.0.1');
  await new Promise((done) => setTimeout(done, 500));
  expect(heard).toHaveLength(2);

  link.mend();
  datagrams.send('three', mediaPort, '127.0.0.1');
  await expect
    .poll(() => heard.slice(2).toSorted(), 'a stream waits, a datagram is lost')
    .toEqual(['datagram three', 'stream two']);
  stream.destroy();
  datagrams.close();
  link.close();
  server.close();
  echo.close();
});
