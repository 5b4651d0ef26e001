// A meeting whose people live on two workers of the node: what one is shown and what another hears crosses between them,
// and nobody can tell.

import { expect } from '@playwright/test';
import { Link } from '../harness/link.ts';
import { story } from '../harness/world.ts';

/** Two on each: the chair and the first site on one worker, the others on the other. */
story.use({ spread: { workers: 2, share: 2 } });

story('a meeting over two workers: seen, heard, handed over, and back after a flap', async ({ world }) => {
  const meeting = await world.meeting('Họp hai tiến trình', ['10801', '10802', '10803']);
  const link = await Link.to(world.node);
  const chair = await world.chair();
  const near = await world.site('10801');
  const far = await world.site('10802', { link });
  const farther = await world.site('10803', { by: 'firefox' });
  const everybody = [chair, near, far, farther];
  for (const one of everybody) await one.join(meeting.title);
  await expect.poll(async () => await world.node.peersByWorker(), 'two workers, two each').toEqual([2, 2]);
  await chair.console.startMeeting();

  for (const speaker of [near, far]) {
    await story.step(`${speaker.name} speaks: all see and hear it, on both workers`, async () => {
      await chair.console.invite(speaker.name);
      await speaker.acceptInvitation();
      for (const one of everybody.filter((other) => other !== speaker)) {
        await one.sees(speaker);
        await one.hears();
      }
    });
  }
  await story.step(
    'the line of the one who speaks is cut and mended: all see and hear it again',
    async () => {
      link.cut();
      await far.noticesTheLoss();
      link.mend();
      await far.isInside();
      await far.microphoneIs('open');
      for (const one of [chair, near, farther]) {
        await one.sees(far);
        await one.hears();
      }
      expect(await world.node.peersByWorker()).toEqual([2, 2]);
    },
  );
  await story.step('the speech is over: nobody hears it any more, on either worker', async () => {
    await chair.console.endSpeech();
    await far.microphoneIs('locked');
    await far.smuggleMicrophone();
    for (const one of [near, farther]) await one.hearsNothing();
  });
  link.close();
});
