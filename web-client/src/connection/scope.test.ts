import { beforeEach, describe, expect, test, vi } from 'vitest';
import { Scope } from './scope.ts';

beforeEach(() => {
  vi.useFakeTimers();
});

test('ends everything once, the last opened first', () => {
  const order: string[] = [];
  const scope = new Scope();
  scope.onEnd(() => order.push('first'));
  scope.onEnd(() => order.push('second'));
  scope.end();
  scope.end();
  expect(order).toEqual(['second', 'first']);
  scope.onEnd(() => order.push('late'));
  expect(order).toEqual(['second', 'first', 'late']);
});

test('timers and listeners stop with it', () => {
  const scope = new Scope();
  const target = new EventTarget();
  const heard = vi.fn();
  scope.listen(target, 'x', heard);
  scope.after(100, heard);
  scope.every(50, heard);
  target.dispatchEvent(new Event('x'));
  vi.advanceTimersByTime(60);
  expect(heard).toHaveBeenCalledTimes(2);
  scope.end();
  target.dispatchEvent(new Event('x'));
  vi.advanceTimersByTime(1_000);
  expect(heard).toHaveBeenCalledTimes(2);
  expect(vi.getTimerCount()).toBe(0);
});

describe('children', () => {
  test('end with their parent, or before it without it', () => {
    const parent = new Scope();
    const early = parent.child();
    const late = parent.child();
    early.end();
    expect([parent.hasEnded(), early.hasEnded(), late.hasEnded()]).toEqual([false, true, false]);
    parent.end();
    expect(late.hasEnded()).toBe(true);
  });
});
