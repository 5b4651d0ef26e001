// Notices are shown in the free part of a page's top bar, where there is nothing to press: below it they would lie
// over a host's buttons for as long as they stay. Every page has its own bar, so the notices reach it by context.

import { createContext } from 'svelte';
import type { Do } from '../store/actions.ts';
import type { Notice } from '../store/state.ts';
import { isUrgent } from './notices.ts';

export type NoticeBoard = { readonly notices: readonly Notice[]; readonly dismiss: Do<[id: number]> };

export const [noticeBoard, provideNoticeBoard] = createContext<() => NoticeBoard>();

/** The one that is shown: the newest urgent one, else the newest. The others have their turn while they last. */
export function foremost(notices: readonly Notice[]): Notice | undefined {
  return notices.filter((notice) => isUrgent(notice.text)).at(-1) ?? notices.at(-1);
}
