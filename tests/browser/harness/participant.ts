// One browser in a meeting, seen and used as its people see and use it: by roles and words. What it receives is measured
// in `measure.ts`.

import { expect, type Locator, type Page } from '@playwright/test';
import type { SignIn } from '../../../web-client/src/protocol/generated.ts';
import { Console } from './console.ts';
import {
  decodedIn,
  listen,
  longestSilence,
  markerShown,
  MID,
  packetsSent,
  pictures,
  SILENCE,
} from './measure.ts';
import { words, type Language } from './words.ts';

export type Identity = {
  readonly name: string;
  readonly as: SignIn;
  readonly marker: number;
  readonly page: Page;
  readonly origin: string;
  readonly language: Language;
};

export class Participant {
  readonly name: string;
  readonly marker: number;
  readonly page: Page;
  /** What a host does; nothing there for others. */
  readonly console: Console;
  readonly #as: SignIn;
  readonly #origin: string;
  readonly #language: Language;

  constructor(identity: Identity) {
    this.name = identity.name;
    this.marker = identity.marker;
    this.page = identity.page;
    this.#as = identity.as;
    this.#origin = identity.origin;
    this.#language = identity.language;
    this.console = new Console(this.page, this.words);
  }

  /** The name it signs in with. */
  get login(): string {
    return this.#as.kind === 'site' ? this.#as.code : this.#as.username;
  }

  get words(): (typeof words)['vi'] {
    return words[this.#language];
  }

  // Coming in

  async open(): Promise<void> {
    await this.page.goto(this.#origin);
    if (this.#language === 'en') await this.page.getByRole('button', { name: 'English' }).click();
  }

  async signIn(): Promise<void> {
    const text = this.words.signIn;
    await this.open();
    if (this.#as.kind === 'site') {
      await this.page.getByRole('tab', { name: text.siteTab }).click();
      await this.page.getByLabel(text.siteCode).fill(this.#as.code);
      await this.page.getByLabel(text.siteSecret).fill(this.#as.secret);
      await this.button(text.submitSite).click();
    } else {
      await this.page.getByLabel(text.username).fill(this.#as.username);
      await this.page.getByLabel(text.password, { exact: true }).fill(this.#as.password);
      await this.button(text.submitPerson).click();
    }
  }

  /** Opens the site's link as the room's own computer does when it starts. */
  async openAsKiosk(): Promise<void> {
    if (this.#as.kind !== 'site') throw new Error('only a site has a link');
    const { code, secret } = this.#as;
    await this.page.goto(`${this.#origin}/#site=${code}&secret=${encodeURIComponent(secret)}&kiosk`);
    if (this.#language === 'en') await this.page.getByRole('button', { name: 'English' }).click();
  }

  async enterLobby(title: string): Promise<void> {
    const card = this.page.getByRole('article', { name: title });
    await card.getByRole('button', { name: this.words.meetings.join }).click();
    await expect(this.page.getByText(this.words.lobby.notice)).toBeVisible();
  }

  /** From signed out to sitting in the meeting with media flowing. */
  async join(title: string): Promise<void> {
    await this.signIn();
    await this.enterLobby(title);
    await expect(this.page.getByLabel(this.words.lobby.preview)).toBeVisible();
    await this.button(this.words.lobby.join).click();
    await this.isInside();
  }

  async isInside(): Promise<void> {
    await expect(this.button(this.words.meeting.leave)).toBeVisible();
    await expect
      .poll(async () => await this.#connected(), {
        message: `${this.name}: media is connected`,
      })
      .toBe(true);
  }

  /** The page says that the line is broken. */
  async noticesTheLoss(): Promise<void> {
    const { resuming, mediaRestarting } = this.words.connection;
    const said = this.page
      .getByText(resuming)
      .or(this.page.getByText(mediaRestarting))
      .or(this.page.getByText(/\(\d+ (giây|seconds?|s)\)/));
    await expect(said.first()).toBeVisible({ timeout: 30_000 });
  }

  async leave(): Promise<void> {
    await this.button(this.words.meeting.leave).click();
    await this.page
      .getByRole('dialog')
      .getByRole('button', { name: this.words.meeting.leave, exact: true })
      .click();
    await expect(this.page.getByRole('heading', { name: this.words.byes.left.title })).toBeVisible();
  }

  /** Chooses the convening unit by typing a part of its name. */
  async convenes(typed: string, unit: string): Promise<void> {
    await this.page.getByRole('combobox', { name: this.words.create.unit }).fill(typed);
    await this.page.getByRole('option', { name: unit }).first().click();
  }

  /** Invites every site of a tier by the one button that says how many there are. */
  async invitesTier(tier: string, sites: number): Promise<void> {
    await this.button(`${this.words.create.selectTier(tier)} (${sites})`).click();
  }

  // What a site does

  /** Chooses in the settings how much it receives. */
  async choosesProfile(profile: string): Promise<void> {
    await this.button(this.words.common.menu).click();
    await this.page.getByRole('menuitem', { name: this.words.common.settings }).click();
    await this.page.getByLabel(this.words.settings.profile).selectOption({ label: profile });
    await this.page.keyboard.press('Escape');
  }

  async acceptInvitation(): Promise<void> {
    await this.button(this.words.meeting.inviteAccept).click();
    await this.microphoneIs('open');
  }

  async openMicrophone(): Promise<void> {
    await this.button(this.words.meeting.open).click();
    await this.microphoneIs('open');
  }

  async register(topic: string): Promise<void> {
    await this.button(this.words.meeting.register).click();
    await this.page.getByLabel(this.words.meeting.topic).fill(topic);
    await this.button(this.words.meeting.registerDo).click();
  }

  async microphoneIs(state: 'open' | 'off' | 'locked'): Promise<void> {
    await expect(
      this.page.getByText(this.words.meeting.microphone[state], { exact: true }).first(),
    ).toBeVisible();
  }

  /**
   * Sends its microphone whatever the node allows, as a tampered client would: puts the open device back on the line
   * behind the page's back.
   */
  async smuggleMicrophone(): Promise<void> {
    await this.page.evaluate(async (position) => {
      const peer = window.__probe.peers.findLast((one) => one.connectionState !== 'closed');
      const sender = peer?.getTransceivers()[position]?.sender;
      const stream = await navigator.mediaDevices.getUserMedia({ audio: true });
      await sender?.replaceTrack(stream.getAudioTracks()[0] ?? null);
      const parameters = sender?.getParameters();
      if (!sender || !parameters) throw new Error('no sender');
      for (const encoding of parameters.encodings) encoding.active = true;
      await sender.setParameters(parameters);
    }, MID.microphone);
  }

  async packetsSentIn(milliseconds: number, position: number): Promise<number> {
    const before = await packetsSent(this.page, position);
    await this.page.evaluate(
      async (time) => await new Promise((done) => setTimeout(done, time)),
      milliseconds,
    );
    return (await packetsSent(this.page, position)) - before;
  }

  // What it sees and hears

  get stage(): Locator {
    return this.page.getByRole('region', {
      name: this.words.meeting.stage,
      exact: true,
    });
  }

  /** Sees the camera of another one on the main screen, moving, with the right plate. */
  async sees(other: Participant): Promise<void> {
    await this.#showsMarkerOf(other);
    await expect(this.stage).toContainText(other.name);
    await this.seesMovement();
    // What stood there before may have been the last picture of a connection that is dead.
    await this.#showsMarkerOf(other);
  }

  async #showsMarkerOf(other: Participant): Promise<void> {
    await expect
      .poll(async () => await markerShown(this.page, MID.programme), {
        message: `${this.name} sees ${other.name}`,
        timeout: 20_000,
      })
      .toBe(other.marker);
  }

  async seesMovement(): Promise<void> {
    let before = await pictures(this.page, MID.programme);
    const moved = async (): Promise<number> => {
      const now = await pictures(this.page, MID.programme);
      if (now.connection !== before.connection) before = now;
      return now.decoded - before.decoded;
    };
    await expect.poll(moved, { message: `${this.name}: the picture moves` }).toBeGreaterThan(10);
  }

  /** No film any more: what is still decoded within a second is at most one picture. */
  async seesNoMovement(): Promise<void> {
    const moved = async (): Promise<number> => await decodedIn(this.page, MID.programme, 1000);
    await expect.poll(moved, { message: `${this.name}: the picture stands` }).toBeLessThanOrEqual(1);
  }

  async hears(): Promise<void> {
    const heard = async (): Promise<number> => (await listen(this.page, 1000)).energy;
    await expect
      .poll(heard, { message: `${this.name} hears something`, timeout: 20_000 })
      .toBeGreaterThan(SILENCE);
  }

  /** Hears nothing for some seconds, after what was in the pipe has run out. */
  async hearsNothing(): Promise<void> {
    const heard = async (): Promise<number> => (await listen(this.page, 1000)).energy;
    await expect.poll(heard, { message: `${this.name}: sound ends`, timeout: 10_000 }).toBeLessThan(SILENCE);
    const window = await listen(this.page, 3000);
    expect(window.energy, `${this.name} hears nothing`).toBeLessThan(SILENCE);
    expect(window.packets, `${this.name} receives no sound`).toBe(0);
  }

  button(name: string): Locator {
    return this.page.getByRole('button', { name, exact: true });
  }

  /** The longest time without a packet of sound, however it is told: what people hear as a gap. */
  async longestSilence(milliseconds: number): Promise<number> {
    return await longestSilence(this.page, milliseconds);
  }

  /** Reads that it sits apart, with whom. */
  async sitsApart(unit: string): Promise<void> {
    await expect(this.#apart).toContainText(this.words.branches.sitting(unit));
  }

  /** Nothing says any more that it sits apart. */
  async sitsInPlenary(): Promise<void> {
    await expect(this.#apart).toHaveCount(0);
  }

  get #apart(): Locator {
    return this.page.getByRole('status').filter({ hasText: this.words.branches.sitting('') });
  }

  /** How many connections for media the page has made: one, unless it had to come anew. */
  async connectionsMade(): Promise<number> {
    return await this.page.evaluate(() => window.__probe.peers.length);
  }

  /** Where its media comes from, by the pair of candidates in use. */
  async remoteAddress(): Promise<string | null> {
    return await this.page.evaluate(async () => {
      const peer = window.__probe.peers.findLast((one) => one.connectionState === 'connected');
      if (!peer) return null;
      const entries = new Map((await peer.getStats()).entries());
      for (const entry of entries.values()) {
        if (entry.type !== 'candidate-pair' || entry.state !== 'succeeded' || entry.nominated === false)
          continue;
        const remote = entries.get(entry.remoteCandidateId);
        return String(remote?.address ?? remote?.ip ?? '').replace(/[[\]]/g, '');
      }
      return null;
    });
  }

  async violations(): Promise<readonly string[]> {
    return await this.page.evaluate(() => window.__probe.violations);
  }

  /** In Firefox, taking a picture puts a style into the page: that is not the page's doing. */
  async forgetViolations(): Promise<void> {
    await this.page.evaluate(() => window.__probe.violations.splice(0));
  }

  async close(): Promise<void> {
    await this.page.context().close();
  }

  async #connected(): Promise<boolean> {
    return await this.page.evaluate(() => window.__probe.peers.at(-1)?.connectionState === 'connected');
  }
}
