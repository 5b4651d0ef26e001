// Every screen, in both languages: no accessibility violation, nothing the content security policy forbids, and a picture
// of it in results/ for people to look at.

import { expect } from '@playwright/test';
import { screen } from '../harness/screen.ts';
import { story, type World } from '../harness/world.ts';
import type { Language } from '../harness/words.ts';

async function entry(world: World, language: Language): Promise<void> {
  const { username, password } = await world.newcomer();
  const person = await world.person(username, password, { language });
  const { page, words } = person;
  await person.open();
  await screen(person, '1-sign-in', language);
  await page.getByRole('tab', { name: words.signIn.siteTab }).click();
  await screen(person, '2-sign-in-site', language);
  await person.signIn();
  await expect(page.getByRole('heading', { name: words.password.title })).toBeVisible();
  await screen(person, '3-first-password', language);
  await page.getByLabel(words.password.current).fill(password);
  await page.getByLabel(words.password.next, { exact: true }).fill('Núi cao rừng sâu 2026');
  await page.getByLabel(words.password.again).fill('Núi cao rừng sâu 2026');
  await person.button(words.password.submit).click();
  await expect(page.getByRole('heading', { name: words.meetings.mine })).toBeVisible();
  await screen(person, '4-no-meetings', language);
  await person.button(words.meetings.create).first().click();
  await person.invitesTier('Cấp xã', 150);
  await screen(person, '5-create', language);
}

async function administration(world: World, language: Language): Promise<void> {
  const administrator = await world.administrator({ language });
  const { page, words } = administrator;
  await administrator.signIn();
  await administrator.button(words.meetings.administration).click();
  await expect(page.getByRole('treegrid')).toBeVisible();
  await screen(administrator, '14-units', language);
  await page.getByRole('tab', { name: words.administration.peopleTab }).click();
  await screen(administrator, '15-accounts', language);
}

async function room(world: World, language: Language): Promise<void> {
  const sites = ['11001', '11002', '11003'];
  // The stories share a node, so each language has a meeting of its own name.
  const title = { vi: 'Hội nghị sơ kết quý III', en: 'Third quarter review' }[language];
  const meeting = await world.meeting(title, sites);
  const chair = await world.chair({ language });
  const speaker = await world.site('11001', { language });
  const watching = await world.site('11002', { language });
  await chair.signIn();
  await expect(chair.page.getByRole('article', { name: meeting.title })).toBeVisible();
  await screen(chair, '6-meetings', language);
  await chair.enterLobby(meeting.title);
  await expect(chair.page.getByText(chair.words.lobby.levels.good).first()).toBeVisible();
  await screen(chair, '7-lobby', language);
  await chair.button(chair.words.lobby.join).click();
  await chair.isInside();
  for (const one of [speaker, watching]) await one.join(meeting.title);
  await screen(watching, '8-waiting-room', language);
  await chair.console.startMeeting();
  await chair.console.invite(speaker.name);
  await expect(speaker.button(speaker.words.meeting.inviteAccept)).toBeVisible();
  await screen(speaker, '9-invited', language);
  await speaker.acceptInvitation();
  await watching.register('Đê Cẩm Châu');
  await watching.sees(speaker);
  await screen(watching, '10-meeting-site', language);
  await screen(speaker, '11-meeting-speaker', language);
  await screen(chair, '12-meeting-host', language);
  await watching.leave();
  await screen(watching, '13-left', language);
}

for (const language of ['vi', 'en'] as Language[]) {
  story(
    `${language}: sign-in, first password, meetings, creating`,
    async ({ world }) => await entry(world, language),
  );
  story(`${language}: administration`, async ({ world }) => await administration(world, language));
  story(`${language}: lobby, meeting room, host, after`, async ({ world }) => await room(world, language));
}
