// A site's link: `#site=CODE&secret=…`, with `&kiosk` for the room's own computer. The secret is in the fragment, so it never reaches a server's log, and it is
// taken out of the address bar at once, so that it is neither bookmarked nor shown on the room's screen.

import type { SignIn } from '../protocol/generated.ts';
import type { Kiosk } from '../store/kiosk.ts';

/** The credentials in a fragment, if it is a site's link. */
export function siteLink(hash: string): SignIn | null {
  const fields = new URLSearchParams(hash.replace(/^#/, ''));
  const code = fields.get('site');
  const secret = fields.get('secret');
  if (code === null || secret === null || code === '' || secret === '') return null;
  return { kind: 'site', code, secret };
}

/** Whether the page is a room's own computer: that stays in the address, so that a page loaded anew is one too. */
export function isKiosk(hash: string): boolean {
  return new URLSearchParams(hash.replace(/^#/, '')).has('kiosk');
}

/** Reads the page's link and forgets its secret. */
export function takeSiteLink(): { readonly as: SignIn | null; readonly kiosk: Kiosk | null } {
  const as = siteLink(location.hash);
  const kiosk = isKiosk(location.hash) ? { aside: null } : null;
  if (as !== null) rewrite(kiosk === null ? '' : '#kiosk');
  return { as, kiosk };
}

/** The page is for persons from now on, and after loading it anew. */
export function quitKiosk(): void {
  rewrite('');
}

function rewrite(hash: string): void {
  history.replaceState(null, '', location.pathname + location.search + hash);
}
