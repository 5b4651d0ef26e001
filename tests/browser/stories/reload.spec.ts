// A page is loaded anew, or a browser is opened again, in the middle of a meeting: the same seat, past the lobby, with the
// devices as they were.

import { expect, test } from '@playwright/test';
import type { BrowserName } from '../harness/browsers.ts';
import { story } from '../harness/world.ts';

for (const by of ['chromium', 'firefox'] as BrowserName[]) {
  story(`${by}: a page loaded anew goes straight back to its seat`, async ({ world }) => {
    const sites = by === 'chromium' ? ['10801', '10802'] : ['10803', '10804'];
    const meeting = await world.meeting(`Hội nghị trực tuyến, ${by}`, sites);
    const chair = await world.chair();
    const speaker = await world.site(sites[0] ?? '', { by });
    const watching = await world.site(sites[1] ?? '');
    for (const one of [chair, speaker, watching]) await one.join(meeting.title);
    await chair.console.startMeeting();
    await chair.console.invite(speaker.name);
    await speaker.acceptInvitation();
    await watching.sees(speaker);

    await test.step('loaded anew while speaking: on stage and heard again, nobody was asked anything', async () => {
      await speaker.page.reload();
      await speaker.isInside();
      await speaker.microphoneIs('open');
      await watching.sees(speaker);
      await watching.hears();
      await expect(chair.console.row(speaker.name), 'no ghost').toHaveCount(1);
      await chair.console.countsPresent(2, 2);
    });
    await test.step('a camera that was off stays off', async () => {
      await watching.button(watching.words.meeting.cameraOff).click();
      await expect(watching.button(watching.words.meeting.cameraOn)).toBeVisible();
      await watching.page.reload();
      await watching.isInside();
      await expect(watching.button(watching.words.meeting.cameraOn)).toBeVisible();
      await watching.sees(speaker);
    });
    await test.step('the browser was closed and is opened again: what the tab knew is gone', async () => {
      await watching.page.evaluate(() => {
        sessionStorage.clear();
      });
      await watching.page.reload();
      await watching.isInside();
      await watching.sees(speaker);
    });
    await test.step('who has left is not fetched in again', async () => {
      await watching.leave();
      await watching.page.reload();
      await expect(watching.page.getByRole('article', { name: meeting.title })).toBeVisible();
    });
  });
}
