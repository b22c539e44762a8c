/**
 * `npm start`: installs, builds and runs the example application, which prints its address and a command to try.
 * Without configuration it runs on the embedded database; DATABASE_URL turns it to PostgreSQL, PORT moves it.
 */
import path from 'node:path';

import { build } from './build.mjs';
import { main, root, run } from './command.mjs';
import { install } from './install.mjs';

await main(async () => {
  await install();
  await build('release');
  await run(process.execPath, ['--import=tsx', path.join(root, 'examples/blog/main.ts')]);
});
