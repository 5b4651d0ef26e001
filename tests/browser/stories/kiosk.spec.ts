// A room's own computer: opened once by its link, it waits, goes into the meeting by itself and waits again after it.

import { expect, test } from '@playwright/test';
import type { BrowserName } from '../harness/browsers.ts';
import { LAPTOP, PROJECTOR, screen } from '../harness/screen.ts';
import { story } from '../harness/world.ts';
import type { Language } from '../harness/words.ts';

const SIZES = [PROJECTOR, LAPTOP];
const ROOMS: readonly { by: BrowserName; language: Language; code: string; other: string; title: string }[] =
  [
    { by: 'chromium', language: 'vi', code: '10201', other: '10202', title: 'Họp giao ban công tác quý IV' },
    { by: 'firefox', language: 'en', code: '10203', other: '10204', title: 'Fourth quarter briefing' },
  ];

/** The list of meetings is asked for every fifteen seconds. */
const NOTICED = { timeout: 40_000 };

for (const { by, language, code, other, title } of ROOMS) {
  story(`${by}: a room's computer enters, is used by keys, and waits again`, async ({ world }) => {
    const room = await world.site(code, { by, language, viewport: PROJECTOR });
    const { kiosk, meeting: text } = room.words;
    const waits = room.page.getByRole('heading', { name: kiosk.waiting });

    await test.step('no meeting: it waits, and the secret is not on the screen', async () => {
      await room.openAsKiosk();
      await expect(waits).toBeVisible();
      expect(room.page.url()).not.toContain('secret');
      await screen(room, '20-kiosk-none', language, SIZES);
    });
    const meeting = await world.meeting(title, [code, other]);
    const chair = await world.chair({ language });
    const watching = await world.site(other, { language });
    for (const one of [chair, watching]) await one.join(meeting.title);

    await test.step('one is called: it is in by itself', async () => {
      await expect(room.button(text.leave)).toBeVisible(NOTICED);
      await room.isInside();
      await screen(room, '21-kiosk-before', language, SIZES);
      await chair.console.startMeeting();
      await chair.console.countsPresent(2, 2);
    });
    await test.step('a hand and an answer by keys alone', async () => {
      await room.page.keyboard.press('h');
      await expect(room.button(text.registered(1))).toBeVisible();
      await chair.console.invite(watching.name);
      await watching.acceptInvitation();
      await room.sees(watching);
      await room.hears();
      await screen(room, '22-kiosk-meeting', language, SIZES);
      await chair.console.invite(room.name);
      const accept = room.button(text.inviteAccept);
      await expect(accept).toBeVisible();
      await screen(room, '23-kiosk-invited', language, SIZES);
      await accept.focus();
      await room.page.keyboard.press('Enter');
      await room.microphoneIs('open');
      await watching.sees(room);
      await watching.hears();
    });
    await test.step('loaded anew it is a room still, in its seat', async () => {
      await room.page.reload();
      await room.isInside();
      await room.microphoneIs('open');
      await expect(room.button(text.cameraOff), 'few controls').toHaveCount(0);
      await screen(room, '24-kiosk-speaking', language, SIZES);
    });
    await test.step('put out by hand it stays out until it is told, and says so', async () => {
      await room.button(text.leave).click();
      await room.page.getByRole('dialog').getByRole('button', { name: text.leave, exact: true }).click();
      await expect(room.page.getByRole('status').filter({ hasText: kiosk.aside.own })).toBeVisible();
      await screen(room, '25-kiosk-left', language, SIZES);
      await room.button(kiosk.enter).click();
      await room.isInside();
    });
    await test.step('after the end it waits again', async () => {
      await chair.console.endMeeting();
      await expect(waits).toBeVisible(NOTICED);
    });
  });
}
