// A site's line breaks, socket and media together, and comes back: the same seat, no ghost.

import { expect, test } from '@playwright/test';
import { Link } from '../harness/link.ts';
import type { BrowserName } from '../harness/browsers.ts';
import { story } from '../harness/world.ts';

for (const by of ['chromium', 'firefox'] as BrowserName[]) {
  story(`${by}: a site whose line breaks comes back to its own seat`, async ({ world }) => {
    const sites = by === 'chromium' ? ['10701', '10702'] : ['10703', '10704'];
    const meeting = await world.meeting(`Họp giao ban, ${by}`, sites);
    const link = await Link.to(world.node);
    const chair = await world.chair();
    const faraway = await world.site(sites[0] ?? '', { by, link });
    const steady = await world.site(sites[1] ?? '');
    for (const one of [chair, faraway, steady]) await one.join(meeting.title);
    await chair.console.startMeeting();
    await chair.console.invite(faraway.name);
    await faraway.acceptInvitation();
    await steady.sees(faraway);

    await test.step('the line is cut: both ends notice', async () => {
      link.cut();
      await expect(chair.console.row(faraway.name)).toContainText(chair.words.seatStates.lost, {
        timeout: 40_000,
      });
      await faraway.noticesTheLoss();
    });
    await test.step('the line is mended: it is back by itself, still on stage and with the floor', async () => {
      link.mend();
      await expect(chair.console.row(faraway.name)).not.toContainText(chair.words.seatStates.lost, {
        timeout: 40_000,
      });
      await faraway.isInside();
      await faraway.microphoneIs('open');
      for (const one of [chair, steady]) {
        await one.sees(faraway);
        await one.hears();
      }
      await expect(chair.console.row(faraway.name), 'no ghost').toHaveCount(1);
      await chair.console.countsPresent(2, 2);
    });
    link.close();
  });
}
