import { render, screen } from '@testing-library/svelte';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import InviteBanner from './InviteBanner.svelte';

beforeEach(() => {
  vi.useFakeTimers({ now: 100_000 });
});
afterEach(() => {
  vi.useRealTimers();
});

const now = (): number => Date.now();

test('counts down in words and can be answered or put off', async () => {
  const [accept, wait, decline] = [vi.fn(), vi.fn(), vi.fn()];
  const invitation = { since: 100_000, opensAt: 105_000 };
  render(InviteBanner, { invitation, chair: 'Chủ trì', accept, wait, decline, now });
  expect(screen.getByText('Chủ trì mời điểm cầu phát biểu')).toBeTruthy();
  expect(screen.getByText(/sau 5 giây/)).toBeTruthy();
  await vi.advanceTimersByTimeAsync(2_000);
  expect(screen.getByText(/sau 3 giây/)).toBeTruthy();

  screen.getByRole('button', { name: 'Chờ thêm' }).click();
  screen.getByRole('button', { name: 'Bật micro và phát biểu' }).click();
  screen.getByRole('button', { name: 'Xin lùi lại' }).click();
  expect([wait, accept, decline].map((action) => action.mock.calls.length)).toEqual([1, 1, 1]);
});

test('without consent there is no countdown and nothing to put off', () => {
  const invitation = { since: 100_000, opensAt: null };
  render(InviteBanner, {
    invitation,
    chair: 'Chủ tọa',
    accept: vi.fn(),
    wait: vi.fn(),
    decline: vi.fn(),
    now,
  });
  expect(screen.queryByText(/giây/)).toBeNull();
  expect(screen.queryByRole('button', { name: 'Chờ thêm' })).toBeNull();
});

test('without a microphone it cannot be accepted', () => {
  const invitation = { since: 100_000, opensAt: null };
  render(InviteBanner, {
    invitation,
    chair: 'Chủ tọa',
    accept: undefined,
    wait: undefined,
    decline: vi.fn(),
    now,
  });
  const accept = screen.getByRole<HTMLButtonElement>('button', { name: 'Bật micro và phát biểu' });
  expect(accept.disabled).toBe(true);
});
