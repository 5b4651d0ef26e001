// What a host has filled in, and what is still missing. Pure.

import type { MeetingKind, MeetingStaff, UnitCode, UnitList } from '../../protocol/generated.ts';
import type { MeetingDraft } from '../../store/state.ts';
import { fold } from '../../text/fold.ts';
import { parseDateTime } from '../../text/format.ts';
import { makeTree, type Tree } from '../primitives/tree.ts';

export type Form = {
  readonly title: string;
  readonly kind: MeetingKind;
  readonly unit: UnitCode | undefined;
  readonly date: string;
  readonly time: string;
  readonly sites: readonly UnitCode[];
  readonly staff: readonly MeetingStaff[];
  readonly noSecrets: boolean;
};

export type Missing = 'title' | 'unit' | 'date' | 'time' | 'sites' | 'secrets';

export const TITLE_LONGEST = 200;

/** What must still be filled in, in the order of the page. */
export function missingOf(form: Form): readonly Missing[] {
  const missing: Missing[] = [];
  if (form.title.trim() === '') missing.push('title');
  if (form.unit === undefined) missing.push('unit');
  if (parseDateTime(form.date, '00:00') === undefined) missing.push('date');
  if (parseDateTime('01/01/2026', form.time) === undefined) missing.push('time');
  if (form.sites.length === 0) missing.push('sites');
  if (!form.noSecrets) missing.push('secrets');
  return missing;
}

/** The request, or `undefined` while something is missing. */
export function draftOf(form: Form): MeetingDraft | undefined {
  const starts = parseDateTime(form.date, form.time);
  if (missingOf(form).length > 0 || form.unit === undefined || starts === undefined) return undefined;
  return {
    title: form.title.normalize('NFC').trim(),
    kind: form.kind,
    conveningUnit: form.unit,
    starts,
    sites: [...form.sites],
    staff: [...form.staff],
    noStateSecrets: form.noSecrets,
  };
}

/** Adds what is not there yet at the end, in the order given. */
export function withSites(chosen: readonly UnitCode[], added: readonly UnitCode[]): readonly UnitCode[] {
  const have = new Set(chosen);
  return [...chosen, ...added.filter((unit) => !have.has(unit))];
}

export function withoutSites(chosen: readonly UnitCode[], removed: readonly UnitCode[]): readonly UnitCode[] {
  const gone = new Set(removed);
  return chosen.filter((unit) => !gone.has(unit));
}

/** Moves one entry a place up or down; at the end it stays. */
export function moved(chosen: readonly UnitCode[], unit: UnitCode, by: -1 | 1): readonly UnitCode[] {
  const from = chosen.indexOf(unit);
  const to = from + by;
  if (from < 0 || to < 0 || to >= chosen.length) return chosen;
  const next = [...chosen];
  next.splice(from, 1);
  next.splice(to, 0, unit);
  return next;
}

/** The units of each tier, in protocol order. */
export function unitsByTier(
  units: UnitList,
): { readonly name: string; readonly codes: readonly UnitCode[] }[] {
  return units.tiers
    .map((tier) => ({
      name: tier.name,
      codes: units.units.filter((unit) => unit.tier === tier.code).map((unit) => unit.code),
    }))
    .filter((tier) => tier.codes.length > 0);
}

export type UnitItem = UnitList['units'][number];

export function unitTree(units: UnitList): Tree<UnitItem> {
  return makeTree(
    units.units.map((unit) => ({
      key: unit.code,
      parent: unit.parent,
      label: unit.name,
      folded: fold(`${unit.name} ${unit.code}`),
      item: unit,
    })),
  );
}

/** Roots are open at first, and what stands directly below them if that is not much. */
export function openedAtFirst(units: UnitList): ReadonlySet<string> {
  const roots = units.units.filter((unit) => unit.parent === undefined).map((unit) => unit.code as string);
  return new Set(roots);
}
