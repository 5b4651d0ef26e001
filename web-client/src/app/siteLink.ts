// A site's link: `#site=CODE&secret=…`. The secret is in the fragment, so it never reaches a server's log, and it is
// taken out of the address bar at once, so that it is neither bookmarked nor shown on the room's screen.

import type { SignIn } from '../protocol/generated.ts';

/** The credentials in a fragment, if it is a site's link. */
export function siteLink(hash: string): SignIn | null {
  const fields = new URLSearchParams(hash.replace(/^#/, ''));
  const code = fields.get('site');
  const secret = fields.get('secret');
  if (code === null || secret === null || code === '' || secret === '') return null;
  return { kind: 'site', code, secret };
}

/** Reads the page's link and forgets it. */
export function takeSiteLink(): SignIn | null {
  const link = siteLink(location.hash);
  if (link !== null) history.replaceState(null, '', location.pathname + location.search);
  return link;
}
