/** Where the work of hashing is done, and how much of it at once. */
import { readFile } from 'node:fs/promises';

import test from 'ava';

import { Covet, type CovetError } from '../../src/index.ts';
import { PasswordHasher } from '../../src/passwords/index.ts';
import { runProgram } from '../helpers/child.ts';

const password = 'correct horse battery staple';

test.serial('the event loop goes on while a password is hashed', async (t) => {
  const hasher = new PasswordHasher({ memoryCost: 131_072, timeCost: 4 });
  const turning = new AbortController();
  const hash = hasher.hash(password).finally(() => turning.abort());
  let turns = 0;
  while (!turning.signal.aborted) {
    await new Promise(setImmediate);
    turns++;
  }
  await hash;
  // Hashed in the loop, there would be two or three.
  t.true(turns > 200, `${turns} turns`);
});

test.serial('a thousand logins at once leave room in memory and in the thread pool', async (t) => {
  const hasher = new PasswordHasher({ memoryCost: 19_456, concurrency: 2, maxQueue: 1000 });
  const hash = await hasher.hash(password);
  const before = process.memoryUsage.rss();
  let done = 0;
  let peak = 0;
  const logins = Array.from({ length: 1000 }, async () => {
    await hasher.verify(hash, 'wrong');
    done++;
    peak = Math.max(peak, process.memoryUsage.rss());
  });
  // Behind all thousand, were they in the pool's own line.
  await readFile(import.meta.filename);
  t.true(done < 100, `${done} were served before a file could be read`);
  await Promise.all(logins);
  // All at once, they would take 19 GiB; four at a time, as the pool has threads, 78 MiB.
  const grown = Math.round((peak - before) / 1_048_576);
  t.true(grown < 150, `${grown} MiB`);
});

test.serial('what finds the line full is told when to come again', async (t) => {
  const hasher = new PasswordHasher({ concurrency: 1, maxQueue: 2 });
  const app = new Covet({ logger: false });
  app.post('/login', async () => ({ isRight: await hasher.verify(undefined, password) }));
  const answers = await Promise.all(Array.from({ length: 5 }, () => app.inject({ method: 'POST', url: '/login' })));
  const statuses = answers.map(({ status }) => status).toSorted((one, other) => one - other);
  t.deepEqual(statuses, [200, 200, 200, 503, 503]);
  const refused = answers.find(({ status }) => status === 503)!;
  t.regex(refused.headers['retry-after'] as string, /^[1-9]\d*$/);
  t.is((await refused.json()).error.code, 'SERVICE_UNAVAILABLE');
  // The line is empty again.
  t.is((await app.inject({ method: 'POST', url: '/login' })).status, 200);
  await app.close();
});

test.serial('who gives up leaves the line, and the next one moves up', async (t) => {
  const hasher = new PasswordHasher({ concurrency: 1, maxQueue: 1 });
  const first = hasher.hash(password);
  const abort = new AbortController();
  const second = hasher.hash(password, { signal: abort.signal });
  await t.throwsAsync<CovetError>(hasher.hash(password), { message: /at its limit: 1 wait already/ });
  abort.abort(new Error('gone'));
  await t.throwsAsync(second, { message: 'gone' });
  const third = hasher.hash(password);
  t.true((await first).startsWith('$argon2id$'));
  t.true((await third).startsWith('$argon2id$'));
  await t.throwsAsync(hasher.hash(password, { signal: AbortSignal.abort(new Error('never')) }), { message: 'never' });
});

test.serial('an unknown user costs what a known one does', async (t) => {
  const hasher = new PasswordHasher({ memoryCost: 47_104, timeCost: 2 });
  const hash = await hasher.hash(password);
  const timeOf = async (known: string | undefined): Promise<number> => {
    const times: number[] = [];
    for (let round = 0; round < 3; round++) {
      const start = process.cpuUsage();
      t.false(await hasher.verify(known, 'wrong'));
      const { user, system } = process.cpuUsage(start);
      times.push(user + system);
    }
    return times.sort((one, other) => one - other)[1]!;
  };
  const [unknown, known, foreign] = [await timeOf(undefined), await timeOf(hash), await timeOf('$2b$12$R9h')];
  // Without the dummy the ratio is some thousandths.
  t.true(unknown > known * 0.5 && unknown < known * 2, `${unknown} µs beside ${known} µs`);
  t.true(foreign > known * 0.5 && foreign < known * 2, `${foreign} µs beside ${known} µs`);
});

test.serial('without @node-rs/argon2 the error names the package to install', async (t) => {
  const child = runProgram(t, 'passwords/programs/without-argon2.ts');
  t.regex(await child.report('message'), /run `npm install @node-rs\/argon2`/);
  t.is((await child.exit).code, 0);
});
