import { svelte } from '@sveltejs/vite-plugin-svelte';
import { svelteTesting } from '@testing-library/svelte/vite';
import { defineConfig } from 'vitest/config';

// The oldest browsers in commune offices: the last Chrome for Windows 7, the last Firefox for it, and iOS 16.
const oldestBrowsers = ['chrome109', 'firefox115', 'safari16.4'];

// A node to develop against; it makes its own certificate, which this proxy must not check.
const node = process.env['GIAOBAN_NODE'] ?? 'https://localhost:8443';

export default defineConfig({
  plugins: [svelte(), svelteTesting()],
  build: {
    target: oldestBrowsers,
    // Fonts and icons stay files: data URLs would need `font-src data:` in the node's content security policy.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
    manifest: true,
  },
  server: {
    proxy: {
      '/api': { target: node, secure: false, ws: true },
    },
  },
  test: {
    environment: 'happy-dom',
    include: ['src/**/*.test.ts'],
    restoreMocks: true,
  },
});
