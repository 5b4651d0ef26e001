// What an administrator does in the browser with those who may sign in: persons and meeting rooms.

import { expect, test, type Locator } from '@playwright/test';
import { LAPTOP, PHONE, screen } from '../harness/screen.ts';
import type { Participant } from '../harness/participant.ts';
import { story, type World } from '../harness/world.ts';

async function inAdministration(world: World): Promise<Participant> {
  const administrator = await world.administrator();
  await administrator.signIn();
  await administrator.button(administrator.words.meetings.administration).click();
  return administrator;
}

story('a disabled account is out at once and stays out until it is enabled', async ({ world }) => {
  const meeting = await world.meeting('Họp kiểm điểm công tác', ['10304']);
  const person = await world.viewer();
  const administrator = await inAdministration(world);
  await person.join(meeting.title);
  const { page } = administrator;
  const { administration, common } = administrator.words;
  await page.getByRole('tab', { name: administration.peopleTab }).click();
  const line = page.getByRole('listitem').filter({ hasText: `${person.login} ·` });
  const does = (what: string): Locator => line.getByRole('button', { name: what });
  const dialog = page.getByRole('dialog');

  await test.step('it is asked before, and nothing is done when the answer is no', async () => {
    await does(administration.disable).click();
    await expect(dialog).toBeVisible();
    await screen(administrator, '26-disable-account', 'vi', [LAPTOP, PHONE]);
    await dialog.getByRole('button', { name: common.cancel, exact: true }).click();
    await expect(line).not.toContainText(administration.disabled);
  });
  await test.step('disabled: put out of the meeting, told why, and not let in again', async () => {
    await does(administration.disable).click();
    await dialog.getByRole('button', { name: administration.disable, exact: true }).click();
    await expect(line).toContainText(administration.disabled);
    await screen(administrator, '27-disabled-account', 'vi', [LAPTOP, PHONE]);
    await expect(person.page.getByRole('heading', { name: person.words.byes.revoked.title })).toBeVisible();
    await expect(person.page.getByText(person.words.byes.revoked.todo)).toBeVisible();
    await person.signIn();
    const told = person.page.getByRole('alert').filter({ hasText: person.words.refusals.wrongCredential });
    await expect(told).toBeVisible();
  });
  await test.step('enabled: the same password opens the same meeting', async () => {
    await does(administration.enable).click();
    await expect(line).not.toContainText(administration.disabled);
    await person.join(meeting.title);
  });
  await test.step('nobody is offered to disable himself', async () => {
    const own = page.getByRole('listitem').filter({ hasText: `${administrator.login} ·` });
    await expect(own).toHaveCount(1);
    await expect(own.getByRole('button')).toHaveCount(0);
  });
});

story(
  'a room is given a code in the browser, joins with it, and is out when it is revoked',
  async ({ world }) => {
    const code = '10305';
    const meeting = await world.meeting('Họp cấp mã điểm cầu', [code]);
    const administrator = await inAdministration(world);
    const { page } = administrator;
    const { administration } = administrator.words;
    const dialog = page.getByRole('dialog');
    const value = (label: string): Locator =>
      dialog.locator('dl > div').filter({ hasText: label }).locator('dd');

    await page.getByRole('searchbox', { name: administration.unitsSearch }).fill(code);
    await page
      .getByRole('treegrid')
      .getByRole('row')
      .filter({ hasText: world.nameOf(code) })
      .click();
    const panel = page.getByRole('region', { name: world.nameOf(code) });
    await expect(panel).toContainText(administration.siteNone);

    const secret = await test.step('issued: the sheet shows it once', async () => {
      await panel.getByRole('button', { name: administration.issue, exact: true }).click();
      await expect(value(administration.sheetCode)).toHaveText(code);
      const said = await value(administration.sheetSecret).innerText();
      await screen(administrator, '28-issued-sheet', 'vi', [LAPTOP, PHONE]);
      await dialog.getByRole('button', { name: administration.sheetDone }).click();
      await expect(page.getByText(said)).toHaveCount(0);
      await expect(panel).not.toContainText(administration.siteNone);
      return said;
    });
    const room = await world.room(code, secret);
    await test.step('the room signs in with what the sheet says and joins', async () => {
      await room.join(meeting.title);
    });
    await test.step('revoked: out at once, and the secret opens nothing any more', async () => {
      await panel.getByRole('button', { name: administration.revoke, exact: true }).click();
      await dialog.getByRole('button', { name: administration.revoke, exact: true }).click();
      await expect(panel).toContainText(administration.siteNone);
      await expect(room.page.getByRole('heading', { name: room.words.byes.revoked.title })).toBeVisible();
      await room.signIn();
      const told = room.page.getByRole('alert').filter({ hasText: room.words.refusals.wrongCredential });
      await expect(told).toBeVisible();
    });
    expect(await administrator.violations()).toEqual([]);
  },
);
