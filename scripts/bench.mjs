/**
 * `npm run bench`: installs the peers beside us, builds the package as it is released and runs the comparison.
 * `npm run bench -- --help` lists what it measures.
 */
import path from 'node:path';

import { build } from './build.mjs';
import { main, root, run } from './command.mjs';
import { install } from './install.mjs';

await main(async () => {
  await install();
  await install('benchmark');
  await build('release');
  await run(process.execPath, ['--import=tsx', path.join(root, 'benchmark/http/run.ts'), ...process.argv.slice(2)]);
});
