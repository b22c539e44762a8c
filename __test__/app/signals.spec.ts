/** Signals that end a server: what is in flight is answered, hooks run, and the exit code tells how it went. */
import test from 'ava';

import { Covet } from '../../src/index.ts';
import { runProgram } from '../helpers/child.ts';
import { RawConnection } from '../helpers/raw-connection.ts';

test('SIGTERM and SIGINT answer what is in flight, close the application and end the process', async (t) => {
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    const child = runProgram(t, 'app/programs/serving.ts');
    const connection = await RawConnection.open(Number(await child.report('port')));
    connection.send('GET /slow HTTP/1.1\r\nHost: a\r\n\r\n');
    await new Promise((resolve) => setTimeout(resolve, 100));
    child.process.kill(signal);
    const answer = await connection.next();
    t.deepEqual([answer.text(), answer.header('connection')], ['slow', 'close'], signal);
    await child.report('onClose');
    t.deepEqual(await child.exit, { code: 0, signal: null });
  }
});

test('what cannot be a signal to close by is refused', async (t) => {
  for (const signals of [['SIGKILL'], ['SIGNONE'], 'SIGTERM', true] as const) {
    await t.throwsAsync(new Covet({ logger: false }).listen({ port: 0, signals: signals as never }), {
      instanceOf: TypeError,
      message: /signals/,
    });
  }
});

test('listen names the grace of a close by signal', async (t) => {
  const child = runProgram(t, 'app/programs/streaming.ts', '1', '300');
  const connection = await RawConnection.open(Number(await child.report('port')));
  connection.send('GET /work HTTP/1.1\r\nHost: a\r\n\r\n');
  await child.report('trail');
  const begin = performance.now();
  child.process.kill('SIGTERM');
  t.deepEqual(await child.exit, { code: 0, signal: null });
  const took = performance.now() - begin;
  t.true(took >= 290 && took < 2500, `${took} ms`);
  t.false(child.output.includes('trail=done'));
  t.true(
    child.output.some((line) => line.includes('the handler of GET /work')),
    child.output.join('\n'),
  );
  connection.close();
});

test('a grace of listen that is no time is refused', async (t) => {
  for (const grace of [-1, Number.NaN, '10']) {
    await t.throwsAsync(new Covet({ logger: false }).listen({ port: 0, grace: grace as never }), {
      instanceOf: RangeError,
      message: /A grace is milliseconds/,
    });
  }
});
