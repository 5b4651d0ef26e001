// Over a very poor line a site hears, and of the main screen sees a still picture every ten seconds: said as one, never
// called frozen, and moving again at once when it is wanted.

import { expect, test } from '@playwright/test';
import { MID, pictures } from '../harness/measure.ts';
import { story } from '../harness/world.ts';

const WATCHED_MS = 25_000;

for (const by of ['chromium', 'firefox'] as const) {
  story(`${by}: a site that chose stills sees the speaker in them and hears`, async ({ world }) => {
    const meeting = await world.meeting(`Họp qua đường truyền yếu, ${by}`, ['10400', '10401']);
    const chair = await world.chair();
    const speaker = await world.site('10400');
    const poor = await world.site('10401', { by });
    const { words } = poor;
    for (const one of [chair, speaker, poor]) await one.join(meeting.title);
    await chair.console.startMeeting();
    await chair.console.invite(speaker.name);
    await speaker.acceptInvitation();
    await poor.sees(speaker);

    await test.step('it chooses stills: they come slowly, are named, and it hears', async () => {
      await poor.choosesProfile(words.profiles.audioStills);
      await expect(poor.stage.getByText(words.meeting.stageStill)).toBeVisible();
      await poor.page.waitForTimeout(2_000);
      const before = await pictures(poor.page, MID.programme);
      await poor.page.waitForTimeout(WATCHED_MS);
      const after = await pictures(poor.page, MID.programme);
      expect(after.decoded - before.decoded, 'stills in 25 s').toBeGreaterThanOrEqual(2);
      expect(after.decoded - before.decoded, 'stills in 25 s').toBeLessThanOrEqual(4);
      await expect(poor.stage.getByText(words.meeting.stagePaused)).toHaveCount(0);
      await poor.hears();
    });
    await test.step('it chooses everything again: the picture moves', async () => {
      await poor.choosesProfile(words.profiles.full);
      await poor.sees(speaker);
    });
    expect(await poor.violations()).toEqual([]);
  });
}
