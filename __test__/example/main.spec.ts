/** The example as a program: what `npm start` runs, prints and does when it is told to end. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';

import test, { type ExecutionContext } from 'ava';

import { root } from '../helpers/repository.ts';

function start(t: ExecutionContext, env: Record<string, string>) {
  const { DATABASE_URL: _database, REDIS_URL: _redis, ...inherited } = process.env;
  const child = spawn(process.execPath, ['--import=tsx', 'examples/blog/main.ts'], {
    cwd: root,
    env: { ...inherited, NODE_ENV: 'development', PORT: '0', ...env },
  });
  let printed = '';
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', (text) => (printed += text));
  const ended = once(child, 'exit');
  t.teardown(() => child.kill('SIGKILL'));
  const prints = async (what: RegExp): Promise<RegExpExecArray> => {
    for (;;) {
      const found = what.exec(printed);
      if (found !== null) return found;
      if (child.exitCode !== null) throw new Error(`It ended without printing ${what}:\n${printed}`);
      await Promise.race([once(child.stdout, 'data'), ended]);
    }
  };
  return { child, ended, prints, printed: () => printed };
}

test('prints its address and a command that works at once, and ends when asked', async (t) => {
  const { child, ended, prints } = start(t, {});
  const [, address] = await prints(/listens on (http:\/\/127\.0\.0\.1:\d+)$/m);
  await prints(/Data: PGlite in this process, in memory\nJobs and cache: in this process/);
  const [, url, name, value] = await prints(/curl (\S+admin\/users) -H '(\S+): (.+)'\n/);
  t.is(url, `${address}/api/v1/admin/users`);
  const response = await fetch(url!, { headers: { [name!]: value! } });
  t.is(response.status, 200);
  const { items }: any = await response.json();
  t.like(items[0], { username: 'admin', email: 'admin@example.com' });
  child.kill('SIGTERM');
  t.deepEqual(await ended, [0, null]);
});

test('makes no administrator in production', async (t) => {
  const { child, ended, prints, printed } = start(t, { NODE_ENV: 'production', LOG_LEVEL: 'warn' });
  const [, address] = await prints(/listens on (\S+)$/m);
  const { total }: any = await (await fetch(`${address}/api/users`)).json();
  t.is(total, 0);
  child.kill('SIGINT');
  t.deepEqual(await ended, [0, null]);
  t.notRegex(printed(), /Bearer|Migrated/);
});

test('names every faulty setting at once and does not start', async (t) => {
  const { ended, printed } = start(t, {
    PORT: '99999',
    TOKEN_HOURS: '0',
    DATABASE_URL: 'mysql://root:hunter22@db/x',
    REDIS_URL: 'http://:hunter22@cache',
  });
  const [status] = await ended;
  t.not(status, 0);
  for (const name of ['PORT', 'TOKEN_HOURS', 'DATABASE_URL', 'REDIS_URL']) t.regex(printed(), new RegExp(name));
  t.notRegex(printed(), /hunter22/);
});
