import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { keyboard, type KeyboardHost } from './keyboard.ts';

const calls = { open: vi.fn(), close: vi.fn(), dialog: vi.fn() };
let host: KeyboardHost;
let stop: () => void;

function press(type: 'keydown' | 'keyup', key: string, on: Element = document.body, repeat = false): void {
  on.dispatchEvent(new KeyboardEvent(type, { key, bubbles: true, cancelable: true, repeat }));
}

/** The store's side: an action is there only while it is available. */
function microphone(state: 'locked' | 'off' | 'open'): void {
  host = {
    letters: true,
    openDialog: calls.dialog,
    actions: {
      openMicrophone: state === 'off' ? calls.open : undefined,
      closeMicrophone: state === 'open' ? calls.close : undefined,
      cameraOn: undefined,
      cameraOff: undefined,
      register: undefined,
      cancelRegistration: undefined,
      startPresenting: undefined,
      stopPresenting: undefined,
    },
  };
}

beforeEach(() => {
  vi.clearAllMocks();
  document.body.innerHTML = '<input><button></button>';
  microphone('off');
  stop = keyboard(() => host)(document);
});
afterEach(() => {
  stop();
});

describe('holding the space key', () => {
  test('opens once, whatever the key repeats, and closes on release', () => {
    press('keydown', ' ');
    press('keydown', ' ', document.body, true);
    expect(calls.open).toHaveBeenCalledTimes(1);
    microphone('open');
    press('keyup', ' ');
    expect(calls.close).toHaveBeenCalledTimes(1);
  });

  test('closes when the window loses the focus before the release', () => {
    press('keydown', ' ');
    microphone('open');
    window.dispatchEvent(new Event('blur'));
    press('keyup', ' ');
    expect(calls.close).toHaveBeenCalledTimes(1);
  });

  test('closes when the room is left while it is held', () => {
    press('keydown', ' ');
    microphone('open');
    stop();
    expect(calls.close).toHaveBeenCalledTimes(1);
  });

  test('does nothing to a locked microphone', () => {
    microphone('locked');
    press('keydown', ' ');
    press('keyup', ' ');
    expect(calls.open).not.toHaveBeenCalled();
    expect(calls.close).not.toHaveBeenCalled();
  });

  test('does not close a microphone that was opened by the button', () => {
    microphone('open');
    press('keydown', ' ');
    press('keyup', ' ');
    expect(calls.close).not.toHaveBeenCalled();
  });

  test.each(['input', 'button'])('belongs to a focused %s', (selector) => {
    const control = document.querySelector(selector);
    if (control === null) throw new Error('the control is in the page');
    press('keydown', ' ', control);
    expect(calls.open).not.toHaveBeenCalled();
  });
});

test('single letters can be switched off', () => {
  press('keydown', 'm');
  expect(calls.open).toHaveBeenCalledTimes(1);
  host = { ...host, letters: false };
  press('keydown', 'm');
  press('keydown', '?');
  expect(calls.open).toHaveBeenCalledTimes(1);
  expect(calls.dialog).not.toHaveBeenCalled();
});
