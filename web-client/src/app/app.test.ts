import { expect, test } from 'vitest';
import type { Effect } from '../store/events.ts';
import { joined, SESSION, START } from '../store/testing.ts';
import { inspector } from './inspect.ts';
import { quitKiosk, siteLink, takeSiteLink } from './siteLink.ts';
import { createStore } from './store.ts';

test.each([
  ['', null],
  ['#', null],
  ['#page', null],
  ['#site=X1', null],
  ['#site=&secret=a', null],
  ['#site=X1&secret=a%20b', { kind: 'site', code: 'X1', secret: 'a b' }],
])('the fragment %s', (hash, link) => {
  expect(siteLink(hash)).toEqual(link);
});

test('a link leaves the address bar at once', () => {
  location.hash = '#site=X1&secret=s';
  expect(takeSiteLink()).toEqual({ as: { kind: 'site', code: 'X1', secret: 's' }, kiosk: null });
  expect(location.href).not.toContain('secret');
});

test("a room's own computer is one after loading the page anew, without the secret", () => {
  location.hash = '#site=X1&secret=s&kiosk';
  expect(takeSiteLink().kiosk).toEqual({ aside: null });
  expect(location.hash).toBe('#kiosk');
  expect(takeSiteLink()).toEqual({ as: null, kiosk: { aside: null } });
  quitKiosk();
  expect(takeSiteLink()).toEqual({ as: null, kiosk: null });
});

test('events that effects cause wait their turn, and listeners see the end of it', () => {
  const order: string[] = [];
  const carryOut = (effect: Effect): void => {
    order.push(effect.do);
    if (effect.do === 'loadMeetings') store.dispatch({ type: 'meetings', meetings: [] });
  };
  const store = createStore(START, () => 0, carryOut);
  let seen = 0;
  store.onChange(() => {
    seen += 1;
    expect(store.state().meetings).toEqual({ state: 'loaded', value: [] });
  });
  store.dispatch({ type: 'session', session: SESSION });
  expect(order).toEqual(['loadMeetings', 'loadUnits']);
  expect(seen).toBe(1);
});

test('what technicians may read opens no door', () => {
  const live = inspector(
    () => joined('site', ['speak']),
    () => null,
  );
  const text = JSON.stringify(live.state());
  expect(text).toContain('"phase":"live"');
  expect(text).not.toMatch(/token|ticket|secret|password/i);
});
