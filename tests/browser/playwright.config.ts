// Real browsers against the real node. One worker: the stories share a node and two processors, and a measured
// picture is only worth something when nobody else is measured at the same time.

import { defineConfig } from '@playwright/test';

export default defineConfig({
  testDir: 'stories',
  outputDir: 'test-results',
  workers: 1,
  fullyParallel: false,
  // A story that passes at the second try hides what the first one found.
  retries: 0,
  timeout: 120_000,
  expect: { timeout: 15_000 },
  reporter: [['list'], ['json', { outputFile: process.env['GIAOBAN_REPORT'] ?? 'results/report.json' }]],
});
