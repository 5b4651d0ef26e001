// The map of nodes in words and numbers. Pure.

import type { NodeMap, NodeView } from '../../protocol/generated.ts';
import { formatCount, formatDate, formatDecimal, formatTime } from '../../text/format.ts';
import type { nodes } from '../../text/vi/nodes.ts';
import type { Trouble } from './map.ts';

type Words = typeof nodes;

/** Longer ago than this, the day is said too, seconds. */
const SAME_DAY_SECONDS = 12 * 3600;

/** "07:30", with the day if that is not clear. */
export function momentText(at: number, now: number): string {
  return now - at < SAME_DAY_SECONDS ? formatTime(at) : `${formatTime(at)} ${formatDate(at)}`;
}

/** Mbit/s as people read them: "0,3", "9,4", "148". */
export function megabits(kbps: number): string {
  const value = kbps / 1000;
  return value < 10 ? formatDecimal(value) : formatCount(Math.round(value));
}

/** Thousandths as per cent. */
export function permilleText(permille: number): string {
  return formatDecimal(permille / 10);
}

/** The units a node serves, by name. */
export function branchText({ branch, units }: NodeView, text: Words): string {
  if (units === 0) return text.everybody;
  const names = branch.map(({ name }) => name).join(', ');
  const rest = units - branch.length;
  return rest > 0 ? text.moreUnits(names, formatCount(rest)) : names;
}

/** What is wrong and what to do. */
export function troubleSentence(trouble: Trouble, map: NodeMap, text: Words): string {
  const say = text.trouble;
  switch (trouble.kind) {
    case 'lost':
    case 'lostAbove':
      return say[trouble.kind](momentText(trouble.since, map.now));
    case 'never':
    case 'version':
    case 'noMedia':
      return say[trouble.kind];
    case 'clock':
      return say.clock(formatCount(Math.abs(trouble.seconds)));
    case 'standby':
      return say.standby(trouble.name);
    case 'release':
      return say.release(trouble.version);
    case 'tight':
      return say.tight(text[trouble.way], formatCount(trouble.percent));
    case 'loss':
      return say.loss(text[trouble.way], permilleText(trouble.permille));
    case 'denied':
      return say.denied(formatCount(trouble.pictures));
    case 'processor':
      return say.processor(formatCount(trouble.percent));
    default:
      return trouble satisfies never;
  }
}
