// Texts that come with the meeting, not with the first screen, which has a budget.

import { branches as enBranches } from './en/branches.ts';
import * as enDialogs from './en/dialogs.ts';
import { language } from './language.svelte.ts';
import { branches as viBranches } from './vi/branches.ts';
import * as viDialogs from './vi/dialogs.ts';

/** Of branches that sit apart, in the language of the moment. */
export function branchText(): typeof viBranches {
  return language.code === 'vi' ? viBranches : enBranches;
}

/** Of dialogs in the meeting, in the language of the moment. */
export function dialogText(): typeof viDialogs {
  return language.code === 'vi' ? viDialogs : enDialogs;
}
