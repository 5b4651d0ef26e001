// A province and its communes meet: who is on stage is seen and heard by all, and only who may speak is heard.

import { expect, test } from '@playwright/test';
import { MID } from '../harness/measure.ts';
import { story } from '../harness/world.ts';

story(
  'four sites of two tiers and the chair meet, and the floor goes from one to another',
  async ({ world }) => {
    const meeting = await world.meeting('Họp giao ban tháng 11', ['10400', '10401', '10402', '10403']);
    const chair = await world.chair();
    const upper = await world.site('10400');
    const first = await world.site('10401');
    const second = await world.site('10402', { by: 'firefox' });
    const third = await world.site('10403', { by: 'firefox' });
    const everybody = [chair, upper, first, second, third];

    await test.step('everybody comes in and the chair opens the meeting', async () => {
      for (const one of everybody) await one.join(meeting.title);
      await chair.console.startMeeting();
    });
    await test.step('the upper site is invited: all see its moving picture and hear it', async () => {
      await chair.console.invite(upper.name);
      await upper.acceptInvitation();
      for (const one of [chair, first, second, third]) {
        await one.sees(upper);
        await one.hears();
      }
    });
    await test.step('the floor goes to a site in Firefox: all see and hear that one, and the first is locked', async () => {
      await chair.console.invite(second.name);
      await second.acceptInvitation();
      await upper.microphoneIs('locked');
      for (const one of [chair, upper, first, third]) {
        await one.sees(second);
        await one.hears();
      }
    });
    await test.step('the chair shows a third site without giving it the floor', async () => {
      await chair.console.putOnStage(first.name);
      for (const one of [chair, upper, second, third]) await one.sees(first);
      await first.microphoneIs('locked');
      await upper.hears();
    });
    for (const one of everybody) expect(await one.violations(), one.name).toEqual([]);
  },
);

story(
  'a locked microphone is silent whatever its client sends, also for one who comes late',
  async ({ world }) => {
    const meeting = await world.meeting('Họp rút kinh nghiệm', ['10501', '10502', '10503']);
    const chair = await world.chair();
    const honest = await world.site('10501');
    const tampered = await world.site('10502');
    for (const one of [chair, honest, tampered]) await one.join(meeting.title);
    await chair.console.startMeeting();

    await test.step('locked by default: packets leave the tampered client and reach nobody', async () => {
      await tampered.microphoneIs('locked');
      await tampered.smuggleMicrophone();
      expect(await tampered.packetsSentIn(2000, MID.microphone), 'packets sent while locked').toBeGreaterThan(
        20,
      );
      await honest.hearsNothing();
      await chair.hearsNothing();
    });
    await test.step('allowed and opened, the same microphone is heard', async () => {
      await chair.console.allowMicrophone(tampered.name);
      await tampered.openMicrophone();
      await honest.hears();
      await chair.hears();
    });
    await test.step('everybody may speak, then all are muted', async () => {
      await chair.console.allowAll();
      await honest.openMicrophone();
      await tampered.hears();
      await chair.console.lockAll();
      await honest.microphoneIs('locked');
      await tampered.microphoneIs('locked');
      await tampered.smuggleMicrophone();
      await honest.hearsNothing();
    });
    await test.step('one who comes late is muted too', async () => {
      const late = await world.site('10503', { by: 'firefox' });
      await late.join(meeting.title);
      await late.microphoneIs('locked');
      await late.smuggleMicrophone();
      expect(await late.packetsSentIn(2000, MID.microphone), 'packets sent while locked').toBeGreaterThan(20);
      await honest.hearsNothing();
      await chair.console.invite(late.name);
      await late.acceptInvitation();
      await honest.hears();
    });
  },
);
