// Over a very poor line a site hears, and of the main screen sees a still picture every ten seconds: said as one, never
// called frozen, and moving again at once when it is wanted.

import { expect, test } from '@playwright/test';
import { MID, nextPicture } from '../harness/measure.ts';
import { story } from '../harness/world.ts';

/** One is due every ten seconds, as it is sent; what it takes to be decoded wobbles. */
const TWO_STILLS_MS = { least: 15_000, most: 25_000 };

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
      await poor.seesNoMovement();
      const first = await nextPicture(poor.page, MID.programme);
      await nextPicture(poor.page, MID.programme);
      const third = await nextPicture(poor.page, MID.programme);
      expect(third.connection, 'one connection was watched').toBe(first.connection);
      expect(third.decoded - first.decoded, 'one picture at a time').toBe(2);
      expect(third.at - first.at, 'two stills later').toBeGreaterThan(TWO_STILLS_MS.least);
      expect(third.at - first.at, 'two stills later').toBeLessThan(TWO_STILLS_MS.most);
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
