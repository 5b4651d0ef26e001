// People, from the first password to a meeting of every commune, and what happens to those who say no.

import { expect, test } from '@playwright/test';
import { launch, type BrowserName } from '../harness/browsers.ts';
import { story } from '../harness/world.ts';

story('a newcomer changes the first password and convenes all communes at once', async ({ world }) => {
  const { username, password } = await world.newcomer();
  const person = await world.person(username, password);
  const { page, words } = person;

  await test.step('a wrong password is refused in words', async () => {
    await person.open();
    await page.getByLabel(words.signIn.username).fill(username);
    await page.getByLabel(words.signIn.password, { exact: true }).fill('không phải mật khẩu');
    await person.button(words.signIn.submitPerson).click();
    const told = page.getByRole('alert').filter({ hasText: words.refusals.wrongCredential });
    await expect(told).toBeVisible();
  });
  await test.step('the first password must be changed, and not to a short one', async () => {
    await person.signIn();
    await page.getByLabel(words.password.current).fill(password);
    await page.getByLabel(words.password.next, { exact: true }).fill('ngắn');
    await page.getByLabel(words.password.again).fill('ngắn');
    await person.button(words.password.submit).click();
    await expect(page.getByText(words.password.tooShort(6))).toBeVisible();
    await page.getByLabel(words.password.next, { exact: true }).fill('Núi cao rừng sâu 2026');
    await page.getByLabel(words.password.again).fill('Núi cao rừng sâu 2026');
    await person.button(words.password.submit).click();
    await expect(page.getByRole('heading', { name: words.meetings.mine })).toBeVisible();
  });
  await test.step('a meeting of all communes takes one click in the tree', async () => {
    await person.button(words.meetings.create).first().click();
    await page.getByLabel(words.create.name).fill('Họp giao ban toàn tỉnh');
    await person.convenes('son thuy', 'Tỉnh Sơn Thủy');
    await person.invitesTier('Cấp xã', 150);
    await expect(page.getByText(words.create.chosen('150'))).toBeVisible();
    await page.getByLabel(words.create.secretsConfirm).check();
    await person.button(words.create.submit).click();
    const card = page.getByRole('article', { name: 'Họp giao ban toàn tỉnh' });
    await expect(card).toContainText(words.meetings.connected('0', '150'));
  });
  expect(await person.violations()).toEqual([]);
});

story('the lobby tells what camera, microphone and loudspeaker do', async ({ world }) => {
  const meeting = await world.meeting('Phiên kết nối thử', ['10801']);
  const site = await world.site('10801');
  await site.signIn();
  await site.enterLobby(meeting.title);
  await expect(site.page.getByLabel(site.words.lobby.preview)).toBeVisible();
  await expect(site.page.getByText(site.words.lobby.levels.good).first()).toBeVisible();
  await site.button(site.words.lobby.tone).click();
  await expect(site.button(site.words.lobby.tonePlaying)).toBeVisible();
});

for (const by of ['chromium', 'firefox'] as BrowserName[]) {
  story(
    `${by}: a site that refuses camera and microphone is told what to do and may still watch`,
    async ({ world }) => {
      const meeting = await world.meeting(`Phiên kết nối thử, ${by}`, ['10802']);
      const browser = await launch(by, 'denied');
      const site = await world.site('10802', { browser });
      await site.signIn();
      await site.enterLobby(meeting.title);
      await expect(site.page.getByText(site.words.captureFailures.camera.denied)).toBeVisible();
      await expect(site.page.getByText(site.words.captureFailures.microphone.denied)).toBeVisible();
      await site.button(site.words.lobby.join).click();
      await site.isInside();
      await browser.close();
    },
  );
}
