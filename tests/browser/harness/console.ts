// What the chair, the secretary and the operator do, by the words on their screen.

import { expect, type Locator, type Page } from '@playwright/test';
import type { words } from './words.ts';

type Words = (typeof words)['vi'];

export class Console {
  readonly #page: Page;
  readonly #words: Words;

  constructor(page: Page, text: Words) {
    this.#page = page;
    this.#words = text;
  }

  async startMeeting(): Promise<void> {
    await this.#button(this.#words.terms.briefing.start).click();
    await expect(this.#button(this.#words.terms.briefing.start)).toBeHidden();
  }

  async invite(name: string): Promise<void> {
    await (
      await this.#seat(name)
    )
      .getByRole('button', { name: this.#words.host.invite, exact: true })
      .click();
  }

  async putOnStage(name: string): Promise<void> {
    await (
      await this.#seat(name)
    )
      .getByRole('button', { name: this.#words.host.putOnStage, exact: true })
      .click();
  }

  async allowMicrophone(name: string): Promise<void> {
    await this.#choose(name, this.#words.host.allowOne);
  }

  async lockMicrophone(name: string): Promise<void> {
    await this.#choose(name, this.#words.host.lockOne);
  }

  async endMeeting(): Promise<void> {
    const { end } = this.#words.terms.briefing;
    await this.#button(end).click();
    await this.#page.getByRole('dialog').getByRole('button', { name: end, exact: true }).click();
  }

  async remove(name: string): Promise<void> {
    const { removeSeat } = this.#words.host;
    await this.#choose(name, removeSeat);
    await this.#page.getByRole('dialog').getByRole('button', { name: removeSeat, exact: true }).click();
    await expect(this.row(name)).toContainText(this.#words.seatStates.removed);
  }

  async inviteBack(name: string): Promise<void> {
    const { inviteBack } = this.#words.host;
    await (await this.#seat(name)).getByRole('button', { name: inviteBack, exact: true }).click();
    await expect(this.row(name)).not.toContainText(this.#words.seatStates.removed);
  }

  async endSpeech(): Promise<void> {
    // The queue has it, and the bar of the seat when it is chosen: both do the same.
    await this.#button(this.#words.host.endSpeech).first().click();
  }

  /** Opens the dialog in which a branch is chosen and its chair named, fills it in and leaves it to be confirmed. */
  async choosesBranch(unit: string, chair: string): Promise<Locator> {
    const text = this.#words.branches;
    await this.#button(text.detach).click();
    const dialog = this.#page.getByRole('dialog');
    await dialog.getByRole('combobox', { name: text.unit }).click();
    await dialog.getByRole('option', { name: unit }).click();
    await dialog.getByLabel(text.chair, { exact: true }).selectOption({ label: chair });
    return dialog.getByRole('button', { name: text.detachDo, exact: true });
  }

  /** Names another chair of a branch that sits apart. */
  async changesChair(unit: string, chair: string): Promise<void> {
    const text = this.#words.branches;
    await this.#button(text.nameChairLong(unit)).click();
    const dialog = this.#page.getByRole('dialog');
    await dialog.getByLabel(text.chair, { exact: true }).selectOption({ label: chair });
    await dialog.getByRole('button', { name: text.nameChairDo, exact: true }).click();
    await expect(dialog).toBeHidden();
  }

  /** Asks for a branch to come back, and leaves it to be confirmed. */
  async bringsBack(unit: string): Promise<Locator> {
    const text = this.#words.branches;
    await this.#button(text.bringBackLong(unit)).click();
    return this.#page.getByRole('dialog').getByRole('button', { name: text.bringBack, exact: true });
  }

  /** The same from inside, by who chairs there. */
  async sitsTogether(): Promise<Locator> {
    const { back } = this.#words.branches;
    await this.#button(back).click();
    return this.#page.getByRole('dialog').getByRole('button', { name: back, exact: true });
  }

  async lockAll(): Promise<void> {
    await this.#button(this.#words.host.lockAll).click();
  }

  async allowAll(): Promise<void> {
    await this.#button(this.#words.host.allowAll).click();
  }

  /** How many of the invited sites are here, as the console says it. */
  async countsPresent(present: number, all: number): Promise<void> {
    const said = this.#words.meeting.connected(String(present), String(all));
    await expect(this.#page.getByText(said).first()).toBeVisible();
  }

  /** A line of the list of sites. */
  row(name: string): Locator {
    return this.#page.getByRole('treegrid').getByRole('row').filter({ hasText: name });
  }

  /** Chooses a line of the list; what can be done with it appears under the pictures. */
  async #seat(name: string): Promise<Locator> {
    await this.row(name).click();
    return this.#page.getByRole('group', {
      name: this.#words.host.seatActions(name),
    });
  }

  async #choose(name: string, action: string): Promise<void> {
    const seat = await this.#seat(name);
    await seat.getByRole('button', { name: this.#words.host.seatActions(name) }).click();
    await seat.getByRole('menuitem', { name: action, exact: true }).click();
  }

  #button(name: string): Locator {
    return this.#page.getByRole('button', { name, exact: true });
  }
}
