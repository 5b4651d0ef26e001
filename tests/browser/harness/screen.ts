// A screen as people see it: pictures of it in results/ for people to look at, no accessibility violation, nothing the
// content security policy forbids.

import { AxeBuilder } from '@axe-core/playwright';
import { expect } from '@playwright/test';
import { join } from 'node:path';
import type { Participant } from './participant.ts';
import type { Language } from './words.ts';

const RESULTS = join(import.meta.dirname, '../results');

export const LAPTOP = { width: 1366, height: 768 };
export const PROJECTOR = { width: 1920, height: 1080 };
export const PHONE = { width: 390, height: 844 };

/** Pictures at every size, and the accessibility check at the first. */
export async function screen(
  one: Participant,
  name: string,
  language: Language,
  sizes: readonly { readonly width: number; readonly height: number }[] = [LAPTOP, PROJECTOR, PHONE],
): Promise<void> {
  expect.soft(await one.violations(), `${name}, ${language}: content security policy`).toEqual([]);
  for (const size of sizes) {
    await one.page.setViewportSize(size);
    const path = join(RESULTS, `${name}-${language}-${size.width}.png`);
    await one.page.screenshot({ path });
  }
  await one.page.setViewportSize(sizes[0] ?? LAPTOP);
  const { violations } = await new AxeBuilder({ page: one.page }).analyze();
  const told = violations.map(({ id, nodes }) => `${id}: ${nodes.map((node) => node.html).join(' | ')}`);
  expect.soft(told, `${name}, ${language}`).toEqual([]);
  await one.forgetViolations();
}
