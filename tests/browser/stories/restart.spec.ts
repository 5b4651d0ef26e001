// The node is killed in mid-meeting and started again: everybody comes back by itself to the same meeting.

import { expect, test } from '@playwright/test';
import { story } from '../harness/world.ts';

story('a killed node comes back with the same meeting, and so do all', async ({ world }) => {
  const meeting = await world.meeting('Họp triển khai phòng chống bão', ['10601', '10602', '10603']);
  const chair = await world.chair();
  const speaker = await world.site('10601');
  const waiting = await world.site('10602');
  const other = await world.site('10603', { by: 'firefox' });
  const everybody = [chair, speaker, waiting, other];
  for (const one of everybody) await one.join(meeting.title);
  await chair.console.startMeeting();
  await chair.console.invite(speaker.name);
  await speaker.acceptInvitation();
  await waiting.register('Đê Cẩm Châu');
  await expect(chair.page.getByText('Đê Cẩm Châu')).toBeVisible();
  for (const one of [chair, waiting, other]) await one.sees(speaker);

  await world.node.kill();
  for (const one of everybody) await one.noticesTheLoss();
  await world.node.start();

  await test.step('nobody touches anything, and all are back', async () => {
    for (const one of everybody) await one.isInside();
    for (const one of [chair, waiting, other]) {
      await one.sees(speaker);
      await one.hears();
    }
  });
  await test.step('floor, stage, queue and seats are as they were', async () => {
    await speaker.microphoneIs('open');
    await waiting.microphoneIs('locked');
    await expect(chair.page.getByText('Đê Cẩm Châu')).toBeVisible();
    await chair.console.countsPresent(3, 3);
    await chair.console.invite(waiting.name);
    await waiting.acceptInvitation();
    await speaker.sees(waiting);
  });
});
