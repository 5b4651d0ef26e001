// Every door: IPv6, HTTPS with the node's own certificate, and a room that comes by its link.

import { expect, test } from '@playwright/test';
import { isIPv6 } from 'node:net';
import { MID, receiving } from '../harness/measure.ts';
import type { BrowserName } from '../harness/browsers.ts';
import { story } from '../harness/world.ts';

for (const by of ['chromium', 'firefox'] as BrowserName[]) {
  story(`${by}: pages and media over IPv6, and over HTTPS`, async ({ world }) => {
    const sites = by === 'chromium' ? ['10901', '10902'] : ['10903', '10904'];
    const meeting = await world.meeting(`Họp qua IPv6, ${by}`, sites);
    const chair = await world.chair();
    const six = await world.site(sites[0] ?? '', { by, origin: world.node.origin6, family: 'v6' });
    const tls = await world.site(sites[1] ?? '', { by, origin: world.node.originTls });
    for (const one of [chair, six, tls]) await one.join(meeting.title);
    await chair.console.startMeeting();
    await chair.console.putOnStage(six.name);
    await tls.sees(six);
    await chair.console.putOnStage(tls.name);
    await six.sees(tls);
    await test.step('the media of the first really went over IPv6', async () => {
      const address = (await six.remoteAddress()) ?? '';
      expect(isIPv6(address), address).toBe(true);
      expect(world.node.mediaAddresses).toContain(address);
      expect((await receiving(six.page))[MID.programme]?.packets).toBeGreaterThan(0);
    });
  });
}
