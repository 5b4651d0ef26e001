// Fails when a page needs more script than it may. Sums the gzipped files that each entry of the build pulls in.

import { readFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';

/** Kilobytes of gzipped script, of a page as it is opened (web-client.md section 3.1). */
const BUDGETS = [
  { page: 'sign-in and lobby', entries: ['index.html'], maxKb: 60 },
  {
    page: 'meeting',
    entries: ['index.html', 'src/app/call.ts', 'src/view/meeting/Meeting.svelte'],
    maxKb: 120,
  },
];

const manifest = JSON.parse(readFileSync('dist/.vite/manifest.json', 'utf8'));

/**
 * The files that load with an entry: itself and what it imports statically.
 *
 * @param {string} entry
 * @param {Set<string>} found
 * @returns {Set<string>}
 */
function filesOf(entry, found = new Set()) {
  const chunk = manifest[entry];
  if (chunk === undefined) throw new Error(`the build has no ${entry}`);
  if (found.has(chunk.file)) return found;
  found.add(chunk.file);
  for (const imported of chunk.imports ?? []) filesOf(imported, found);
  return found;
}

let failed = false;
for (const { page, entries, maxKb } of BUDGETS) {
  const files = new Set(entries.flatMap((entry) => [...filesOf(entry)]));
  const bytes = [...files]
    .filter((file) => file.endsWith('.js'))
    .reduce((sum, file) => sum + gzipSync(readFileSync(`dist/${file}`)).length, 0);
  const kb = bytes / 1000;
  const fits = kb <= maxKb;
  failed ||= !fits;
  console.log(`${page}: ${kb.toFixed(1)} kB of ${maxKb} kB${fits ? '' : ', too much'}`);
}
process.exitCode = failed ? 1 : 0;
