// Who is put out of a meeting reads why and what to do, and comes back by the way that was left open.

import { expect, test } from '@playwright/test';
import { LAPTOP, PROJECTOR, screen } from '../harness/screen.ts';
import { story } from '../harness/world.ts';
import type { Language } from '../harness/words.ts';

const SIZES = [LAPTOP, PROJECTOR];

for (const language of ['vi', 'en'] as Language[]) {
  story(`${language}: a removed site is invited back, a revoked one is told`, async ({ world }) => {
    const code = { vi: '10301', en: '10302' }[language];
    const title = { vi: 'Họp giao ban huyện', en: 'District briefing' }[language];
    const meeting = await world.meeting(title, [code, '10303']);
    const chair = await world.chair({ language });
    const site = await world.site(code, { language });
    for (const one of [chair, site]) await one.join(meeting.title);
    await chair.console.startMeeting();
    const { byes, after, signIn, host } = site.words;

    await test.step('removed by the chair: told so, and no way in', async () => {
      await chair.console.remove(site.name);
      await expect(site.page.getByRole('heading', { name: byes.removed.title })).toBeVisible();
      await expect(site.button(after.rejoin)).toHaveCount(0);
      await screen(site, '16-removed', language, SIZES);
      await chair.console.row(site.name).click();
      await expect(chair.button(host.inviteBack)).toBeVisible();
      await screen(chair, '17-invite-back', language, SIZES);
      await site.button(after.toMeetings).click();
      await expect(site.page.getByRole('heading', { name: site.words.meetings.mine })).toBeVisible();
      await expect(site.page.getByRole('article', { name: meeting.title })).toHaveCount(0);
    });
    await test.step('invited back: the meeting is in its list again', async () => {
      await chair.console.inviteBack(site.name);
      await site.button(site.words.meetings.refresh).click();
      await site.enterLobby(meeting.title);
      await site.button(site.words.lobby.join).click();
      await site.isInside();
      await chair.console.countsPresent(1, 2);
      await expect(chair.console.row(site.name), 'no ghost').toHaveCount(1);
    });
    await test.step('its secret is revoked: out at once, told why, and nothing to press but a way to sign in', async () => {
      await world.node.command('site', 'revoke', code);
      await expect(site.page.getByRole('heading', { name: byes.revoked.title })).toBeVisible();
      await screen(site, '18-revoked', language, SIZES);
      await site.button(after.rejoin).click();
      await expect(site.page.getByLabel(signIn.siteCode)).toBeVisible();
      await screen(site, '19-revoked-sign-in', language, SIZES);
    });
  });
}
