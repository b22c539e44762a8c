/** `listen({ workers })`: several JS threads behind one address. */
import test from 'ava';

import { runProgram } from '../helpers/child.ts';
import type { Child } from '../helpers/child.ts';
import { RawConnection, exchange } from '../helpers/raw-connection.ts';
import { sleep, until } from '../helpers/serve.ts';

const SERVING = 'app/programs/serving.ts';
const get = (path: string): string => `GET ${path} HTTP/1.1\r\nHost: a\r\n\r\n`;

const start = async (child: Child): Promise<number> => Number(await child.report('port', 30_000));

/** The threads that answer to so many connections. */
async function threads(port: number, connections = 24): Promise<Set<string>> {
  const open = await Promise.all(Array.from({ length: connections }, () => RawConnection.open(port)));
  const answers = await Promise.all(open.map((connection) => connection.send(get('/who')).next()));
  for (const connection of open) connection.close();
  return new Set(answers.map((answer) => answer.text()));
}

test('all threads serve behind one address, and close ends the program by itself', async (t) => {
  const child = runProgram(t, SERVING, '3');
  const port = await start(child);
  t.is((await threads(port)).size, 3);
  await exchange(port, get('/close')).catch(() => undefined);
  t.deepEqual(await child.exit, { code: 0, signal: null }, child.output.join('\n'));
  t.is(child.output.filter((line) => line.startsWith('onClose=')).length, 3, child.output.join('\n'));
});

test('a thread that is asked to close has all of them close', async (t) => {
  const child = runProgram(t, SERVING, '3');
  const port = await start(child);
  const open = await Promise.all(Array.from({ length: 6 }, () => RawConnection.open(port)));
  const ids = await Promise.all(open.map((connection) => connection.send(get('/who')).next()));
  const onWorker = open[ids.findIndex((answer) => answer.text() !== '0')]!;
  t.is((await onWorker.send(get('/close')).next()).text(), 'closing');
  t.deepEqual(await child.exit, { code: 0, signal: null }, child.output.join('\n'));
  t.is(child.output.filter((line) => line.startsWith('onClose=')).length, 3, child.output.join('\n'));
  for (const connection of open) connection.close();
});

test('every thread knows of the close before it begins, and serves on meanwhile', async (t) => {
  const child = runProgram(t, 'app/programs/closing.ts', 'threads');
  const port = await start(child);
  const open = await Promise.all(Array.from({ length: 12 }, () => RawConnection.open(port)));
  const ask = (path: string) => Promise.all(open.map((connection) => connection.send(get(path)).next()));
  const ids = (await ask('/who')).map((answer) => answer.text());
  t.is(new Set(ids).size, 3);
  for (const answer of await ask('/ready')) t.is(answer.status, 200);
  child.process.kill('SIGTERM');
  const isTold = (): boolean => child.output.filter((line) => line === 'trail=closing').length === 3;
  t.true(await until(isTold), child.output.join('\n'));
  for (const [index, answer] of (await ask('/ready')).entries()) {
    t.deepEqual([answer.status, answer.text()], [503, 'closing'], `thread ${ids[index]}`);
  }
  t.deepEqual(await child.exit, { code: 0, signal: null }, child.output.join('\n'));
  t.is(child.output.filter((line) => line === 'trail=dispose').length, 3, child.output.join('\n'));
  for (const connection of open) connection.close();
});

test('a thread that crashes is replaced; the others serve meanwhile', async (t) => {
  const child = runProgram(t, SERVING, '3', 'exit');
  const port = await start(child);
  const before = await threads(port);
  const open = await Promise.all(Array.from({ length: 6 }, () => RawConnection.open(port)));
  // The main thread does not crash when it is asked to.
  let crashed = false;
  for (const connection of open) {
    crashed ||= (await connection.send(get('/crash')).next()).text() === 'crashing';
    connection.close();
  }
  t.true(crashed);
  await child.line((line) => line.includes('starting another'));
  for (let count = 0; count < 20; count++) t.is((await exchange(port, get('/'))).status, 200);
  const deadline = performance.now() + 15_000;
  let after = await threads(port);
  while (after.size < 3 && performance.now() < deadline) {
    await sleep(100);
    after = await threads(port);
  }
  t.is(after.size, 3);
  t.notDeepEqual(after, before);
  t.true(child.output.some((line) => line.includes('the thread fails')));
});

test('a thread whose routes differ is refused, and the program is told why', async (t) => {
  const child = runProgram(t, SERVING, '2', 'differ');
  t.deepEqual(await child.exit, { code: 1, signal: null });
  const told = child.output.join('\n');
  t.regex(told, /registered other routes/);
  t.false(told.includes('port='));
});

test('process.exit() with several threads under load ends with its code', async (t) => {
  const child = runProgram(t, SERVING, '3');
  const port = await start(child);
  const open = await Promise.all(Array.from({ length: 12 }, () => RawConnection.open(port)));
  for (const connection of open) connection.send(get('/slow').repeat(20));
  await sleep(100);
  // Only the main thread's exit ends the process: a worker's ends that thread.
  for (let tries = 0; tries < 50 && child.process.exitCode === null; tries++) {
    await exchange(port, get('/exit')).catch(() => undefined);
    await sleep(20);
  }
  t.deepEqual(await child.exit, { code: 5, signal: null }, child.output.join('\n'));
  for (const connection of open) connection.close();
});

test('a database in this process is refused where there are several threads', async (t) => {
  const child = runProgram(t, 'app/programs/embedded.ts');
  t.deepEqual(await child.exit, { code: 0, signal: null }, child.output.join('\n'));
  t.true(child.output.includes('refused=TypeError'), child.output.join('\n'));
});
