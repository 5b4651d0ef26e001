import { expect, test } from 'vitest';
import { DEFAULT_SETTINGS, loadSettings, saveSettings } from './settings.ts';

const holding = (text: string | null) => ({ getItem: () => text, setItem: () => undefined });

test.each([
  [null],
  [''],
  ['not json'],
  ['null'],
  ['[1]'],
  ['{"language":"fr","profile":7,"openWhenInvited":"yes","cameraId":null}'],
])('%s gives the defaults', (text) => {
  expect(loadSettings(holding(text))).toEqual(DEFAULT_SETTINGS);
});

test('what is saved is loaded', () => {
  let kept: string | null = null;
  const storage = { getItem: () => kept, setItem: (_: string, text: string) => (kept = text) };
  const settings = { ...DEFAULT_SETTINGS, language: 'en', cameraId: 'c1', openWhenInvited: true } as const;
  saveSettings(storage, settings);
  expect(loadSettings(storage)).toEqual(settings);
});

test('a storage that refuses stops nothing', () => {
  const refuses = {
    getItem: (): string => {
      throw new Error('no');
    },
    setItem: (): void => {
      throw new Error('full');
    },
  };
  expect(loadSettings(refuses)).toEqual(DEFAULT_SETTINGS);
  expect(() => {
    saveSettings(refuses, DEFAULT_SETTINGS);
  }).not.toThrow();
  expect(loadSettings(null)).toEqual(DEFAULT_SETTINGS);
});
