/**
 * Proves that the generated files are what the sources generate: makes them again and fails when one changed. They are
 * left as made, to be looked at and committed.
 */
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';

import { reportApi } from './api.mjs';
import { buildNative } from './build.mjs';
import { CommandError, main, root } from './command.mjs';
import { readEntries, reportOf } from './entries.mjs';

const reports = readEntries().map((entry) => reportOf(entry));
const generated = ['src/native/binding.js', 'src/native/binding.d.ts', 'Cargo.lock', ...reports];

function readAll() {
  const files = generated.map((file) => path.join(root, file));
  return files.map((file) => (existsSync(file) ? readFileSync(file, 'utf8') : ''));
}

await main(async () => {
  const before = readAll();
  await buildNative('debug');
  await reportApi();
  const after = readAll();
  const stale = generated.filter((_, index) => before[index] !== after[index]);
  if (stale.length > 0) throw new CommandError(`not what the sources generate, until now: ${stale.join(', ')}`);
  console.log('generated files are fresh');
});
