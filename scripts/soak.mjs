/**
 * `npm run soak`: builds the package as it is released and lets clients of every kind at one server.
 * `npm run soak -- --help` lists its options.
 */
import path from 'node:path';

import { build } from './build.mjs';
import { main, root, run } from './command.mjs';
import { install } from './install.mjs';

await main(async () => {
  await install();
  await build('release');
  await run(process.execPath, ['--import=tsx', path.join(root, 'benchmark/soak/run.ts'), ...process.argv.slice(2)]);
});
