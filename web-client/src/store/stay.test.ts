import { describe, expect, test } from 'vitest';
import { loadStay, RENEW_MS, RETURN_WITHIN_MS, StayKeeper } from './stay.ts';
import { joined, run, SESSION, START, SUMMARY } from './testing.ts';

class Drawer {
  readonly items = new Map<string, string>();
  writes = 0;
  getItem = (key: string): string | null => this.items.get(key) ?? null;
  setItem = (key: string, value: string): void => {
    this.writes += 1;
    this.items.set(key, value);
  };
  removeItem = (key: string): void => {
    this.items.delete(key);
  };
}

const drawers = (): { tab: Drawer; browser: Drawer } => ({ tab: new Drawer(), browser: new Drawer() });
const inside = joined('site', ['speak', 'showCamera']);
const NOW = 5_000_000;

/** The storages after a stay in the meeting at `NOW`. */
function stayed(): { tab: Drawer; browser: Drawer } {
  const storages = drawers();
  new StayKeeper(storages).see(inside, NOW);
  return storages;
}

describe('a stay', () => {
  test('is found in the same tab, and without it in the browser', () => {
    const storages = stayed();
    const stay = { account: SESSION.account, meeting: SUMMARY.meeting, camera: false };
    expect(loadStay(storages, NOW + 1)).toEqual({ stay, found: 'tab' });
    expect(loadStay({ ...storages, tab: new Drawer() }, NOW + 1)).toEqual({ stay, found: 'browser' });
  });

  test('knows whether the camera was on', () => {
    const storages = drawers();
    const on = run(inside, [{ type: 'captureStarted', source: 'camera', label: 'c' }]).state;
    new StayKeeper(storages).see(on, NOW);
    expect(loadStay(storages, NOW)?.stay.camera).toBe(true);
  });

  test.each([
    [0, true],
    [RETURN_WITHIN_MS, true],
    [RETURN_WITHIN_MS + 1, false],
    [-1, false],
  ])('%i ms later it is one to go back to: %s', (later, found) => {
    expect(loadStay(stayed(), NOW + later) !== null).toBe(found);
  });

  test('is renewed now and then, not at every change', () => {
    const storages = drawers();
    const keeper = new StayKeeper(storages);
    for (const later of [0, 1, RENEW_MS - 1, RENEW_MS]) keeper.see(inside, NOW + later);
    expect(storages.tab.writes).toBe(2);
  });

  test('is kept while the line is away and forgotten when the meeting was left', () => {
    const storages = drawers();
    const keeper = new StayKeeper(storages);
    keeper.see(inside, NOW);
    const problem = { kind: 'unreachable' } as const;
    keeper.see(run(inside, [{ type: 'callFailed', problem }]).state, NOW);
    expect(loadStay(storages, NOW)).not.toBeNull();
    keeper.see(run(inside, [{ type: 'leave' }]).state, NOW);
    expect(loadStay(storages, NOW)).toBeNull();
  });

  test('is forgotten when somebody leaves while still on the way back', () => {
    const storages = stayed();
    const keeper = new StayKeeper(storages);
    keeper.see(START, NOW);
    expect(loadStay(storages, NOW)).not.toBeNull();
    keeper.see(run(inside, [{ type: 'leave' }]).state, NOW);
    expect(loadStay(storages, NOW)).toBeNull();
  });

  test.each(['{', 'null', '[]', '{"account":1}', '{"account":"a","meeting":"m","camera":true}'])(
    'what somebody else wrote is not believed: %s',
    (text) => {
      const storages = drawers();
      storages.browser.setItem('giaoban.stay', text);
      expect(loadStay(storages, NOW)).toBeNull();
    },
  );

  test('a browser that stores nothing is no failure', () => {
    const refusing = new Drawer();
    refusing.setItem = () => {
      throw new Error('QuotaExceededError');
    };
    new StayKeeper({ tab: refusing, browser: null }).see(inside, NOW);
    expect(loadStay({ tab: refusing, browser: null }, NOW)).toBeNull();
  });
});
