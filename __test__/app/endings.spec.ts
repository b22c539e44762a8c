/** How programs end: by themselves after close, by `process.exit()`, with threads of their own; never by a crash. */
import test from 'ava';

import { runNode, runProgram } from '../helpers/child.ts';
import { RawConnection, exchange } from '../helpers/raw-connection.ts';
import { sleep } from '../helpers/serve.ts';

const SERVING = 'app/programs/serving.ts';
const get = (path: string): string => `GET ${path} HTTP/1.1\r\nHost: a\r\n\r\n`;

/** Keeps ten connections busy until they end. */
async function load(port: number): Promise<Promise<unknown>[]> {
  const connections = await Promise.all(Array.from({ length: 10 }, () => RawConnection.open(port)));
  return connections.map(async (connection) => {
    const gone = connection.closed;
    for (;;) {
      connection.send(get('/') + get('/slow') + get('/who'));
      const isGone = await Promise.race([
        gone.then(() => true),
        connection.next().then(
          () => false,
          () => true,
        ),
      ]);
      if (isGone) return connection.close();
    }
  });
}

test('a program ends by itself once its application is closed', async (t) => {
  const child = runProgram(t, SERVING);
  const port = Number(await child.report('port'));
  t.is((await exchange(port, get('/close'))).text(), 'closing');
  t.is(await child.report('closed'), '0');
  t.deepEqual(await child.exit, { code: 0, signal: null });
});

test('close under load ends cleanly', async (t) => {
  const child = runProgram(t, SERVING);
  const port = Number(await child.report('port'));
  const ends = await load(port);
  await sleep(200);
  await exchange(port, get('/close'));
  await Promise.all(ends);
  t.deepEqual(await child.exit, { code: 0, signal: null });
  t.true(child.output.includes('onClose=0'), child.output.join('\n'));
});

test('process.exit() under load ends with its code, and no crash', async (t) => {
  const child = runProgram(t, SERVING);
  const port = Number(await child.report('port'));
  const ends = await load(port);
  await sleep(200);
  await exchange(port, get('/exit')).catch(() => undefined);
  t.deepEqual(await child.exit, { code: 5, signal: null }, child.output.join('\n'));
  await Promise.all(ends);
});

test('errors after the answer are logged with an id, and the server lives', async (t) => {
  const child = runProgram(t, SERVING);
  const port = Number(await child.report('port'));
  for (const [path, text] of [
    ['/later', 'thrown in a timer, after the answer'],
    ['/unawaited', 'a promise that nobody awaits'],
  ] as const) {
    t.is((await exchange(port, get(path))).text(), 'answered');
    const line = JSON.parse(await child.line((output) => output.includes(text))) as Record<string, any>;
    t.is(line['level'], 50);
    t.regex(String(line['error_id']), /^[0-9a-f-]{36}$/);
    t.is(line['err'].message, text);
    t.is((await exchange(port, get('/'))).text(), 'home');
  }
  await exchange(port, get('/close'));
  t.deepEqual(await child.exit, { code: 0, signal: null });
});

for (const [option, what] of [
  ['exit', 'with onUncaught: exit'],
  ['unlogged', 'without a logger to tell of it'],
] as const) {
  test(`${what} such an error ends the program, as Node has it`, async (t) => {
    const child = runProgram(t, SERVING, '1', option);
    const port = Number(await child.report('port'));
    await exchange(port, get('/later')).catch(() => undefined);
    t.deepEqual(await child.exit, { code: 1, signal: null });
  });
}

test('a thread of one’s own that serves can be terminated under load, again and again', async (t) => {
  const child = runProgram(t, 'app/programs/own-thread.ts');
  t.deepEqual(await child.exit, { code: 0, signal: null }, child.output.join('\n'));
  t.deepEqual(child.output, ['round=0 1 true', 'round=1 1 true', 'round=2 1 true', 'done=yes']);
});

test('memory may be collected at any moment', async (t) => {
  const child = runNode(t, ['--expose-gc'], 'app/programs/collecting.ts');
  t.deepEqual(await child.exit, { code: 0, signal: null }, child.output.join('\n'));
  t.deepEqual(child.output, ['done=yes']);
});
