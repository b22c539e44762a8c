/** Tasks after a response: nobody waits for them but the next one and `close`, and none of their errors is lost. */
import test from 'ava';

import { CovetError, Depends } from '../../src/index.ts';
import { runProgram } from '../helpers/child.ts';
import { RawConnection, exchange } from '../helpers/raw-connection.ts';
import { createGate, serve, until } from '../helpers/serve.ts';

const get = (path: string): string => `GET ${path} HTTP/1.1\r\nHost: a\r\n\r\n`;

test('tasks run one after the other once the client has its answer, and dependencies end behind them', async (t) => {
  const gate = createGate();
  const trail: string[] = [];
  const getSession = Depends(
    function* getSession() {
      yield 'session';
      trail.push('teardown');
    },
    { teardown: 'after' },
  );
  const { port } = await serve(t, (app) => {
    app.use(async ({ afterResponse }, next) => {
      const reply = await next();
      afterResponse(() => trail.push('middleware'));
      return reply;
    });
    app.get('/', { deps: { session: getSession } }, ({ afterResponse }) => {
      afterResponse(async () => {
        await gate.promise;
        trail.push('one');
      });
      afterResponse(() => trail.push('two'));
      trail.push('handler');
      return 'answered';
    });
  });
  t.is((await exchange(port, get('/'))).text(), 'answered');
  t.deepEqual(trail, ['handler']);
  gate.open();
  t.true(await until(() => trail.length === 5));
  t.deepEqual(trail, ['handler', 'one', 'two', 'middleware', 'teardown']);
});

test('a task of a streamed answer runs behind its last byte', async (t) => {
  const trail: string[] = [];
  const { port } = await serve(t, (app) => {
    app.get('/', ({ afterResponse }) => {
      afterResponse(() => trail.push('task'));
      return (async function* () {
        yield 'a';
        trail.push('last');
        yield 'b';
      })();
    });
  });
  const answer = await exchange(port, get('/'));
  t.deepEqual([answer.status, answer.text()], [200, 'ab']);
  t.true(await until(() => trail.includes('task')));
  t.deepEqual(trail, ['last', 'task']);
});

test('a task that fails is logged with an id and its route, and the next one runs', async (t) => {
  const gate = createGate();
  const { port, logs } = await serve(t, (app) => {
    app.get('/mail/{id}', ({ afterResponse }) => {
      afterResponse(() => {
        throw new Error('thrown at once');
      });
      afterResponse(() => Promise.reject(new Error('rejected')));
      afterResponse(() => gate.open());
      return 'answered';
    });
  });
  t.is((await exchange(port, get('/mail/1'))).status, 200);
  await gate.promise;
  for (const message of ['thrown at once', 'rejected']) {
    const line = await logs.find(({ err }) => err?.message === message);
    t.like(line, { msg: 'An error after the response', route: '/mail/{id}' });
    t.regex(line['error_id'], /^[0-9a-f-]{36}$/);
  }
});

test('no task runs where the request failed or ran out of time', async (t) => {
  const ran: string[] = [];
  const late = createGate();
  const { port } = await serve(
    t,
    (app) => {
      app.get('/thrown', ({ afterResponse }) => {
        afterResponse(() => ran.push('thrown'));
        throw new Error('the commit failed');
      });
      app.get('/late', async ({ afterResponse }) => {
        afterResponse(() => ran.push('late'));
        await late.promise;
        return 'too late';
      });
      app.get('/fine', ({ afterResponse }) => {
        afterResponse(() => ran.push('fine'));
        return 'fine';
      });
    },
    { limits: { handlerTimeout: 100 } },
  );
  t.is((await exchange(port, get('/thrown'))).status, 500);
  t.is((await exchange(port, get('/late'))).status, 504);
  late.open();
  t.is((await exchange(port, get('/fine'))).status, 200);
  t.true(await until(() => ran.length > 0));
  t.deepEqual(ran, ['fine']);
});

test('a task given too late, and one that is no function, are refused', async (t) => {
  let keep!: (task: () => unknown) => void;
  const { port, logs } = await serve(t, (app) => {
    app.get('/', ({ afterResponse }) => {
      keep = afterResponse;
      return 'answered';
    });
    app.get('/none', ({ afterResponse }) => afterResponse('mail' as never));
  });
  await exchange(port, get('/'));
  t.throws(() => keep(() => undefined), { instanceOf: CovetError, message: /after the request was answered/ });
  t.is((await exchange(port, get('/none'))).status, 500);
  t.regex((await logs.find(({ msg }) => /Request error/.test(msg)))['msg'], /takes a function, not string/);
});

test('close waits for tasks within its grace', async (t) => {
  const trail: string[] = [];
  const { app, port } = await serve(t, (application) => {
    application.get('/', ({ afterResponse }) => {
      afterResponse(async () => {
        await new Promise((resolve) => setTimeout(resolve, 200));
        trail.push('task');
      });
      return 'answered';
    });
    application.onClose(() => trail.push('close'));
  });
  await exchange(port, get('/'));
  await app.close();
  t.deepEqual(trail, ['task', 'close']);
});

test('SIGTERM while a task runs: it ends first; readiness is off before anything else; hooks run in reverse', async (t) => {
  const child = runProgram(t, 'app/programs/closing.ts');
  const port = Number(await child.report('port'));
  const connection = await RawConnection.open(port);
  t.is((await connection.send(get('/ready')).next()).status, 200);
  const slow = await RawConnection.open(port);
  child.process.kill('SIGTERM');
  await child.report('trail');
  // Still accepting, so that whoever asks hears of it.
  t.is((await exchange(port, get('/ready'))).status, 503);
  t.is((await connection.send(get('/task')).next()).text(), 'answered');
  slow.send(get('/slow'));
  const answer = await slow.next();
  t.deepEqual([answer.text(), answer.header('connection')], ['slow', 'close']);
  t.deepEqual(await child.exit, { code: 0, signal: null });
  t.deepEqual(
    child.output.filter((line) => line.startsWith('trail=')).map((line) => line.slice(6)),
    ['closing', 'closed to new ones', 'task', 'answer', 'close 2', 'close 1', 'dispose'],
  );
});

test('a task without an end is cut off at the grace, and the log says so', async (t) => {
  const child = runProgram(t, 'app/programs/closing.ts', 'endless');
  t.is((await exchange(Number(await child.report('port')), get('/task'))).text(), 'answered');
  await child.report('task');
  child.process.kill('SIGTERM');
  t.deepEqual(await child.exit, { code: 0, signal: null });
  const line = JSON.parse(await child.line((text) => text.includes('"route":"/task"')));
  t.regex(line.err.message, /1 of its tasks after the response/);
  t.regex(line.error_id, /^[0-9a-f-]{36}$/);
  t.true(child.output.includes('trail=close 1'));
});

test('a second signal, of whichever kind, ends the process at once', async (t) => {
  for (const second of ['SIGTERM', 'SIGINT'] as const) {
    const child = runProgram(t, 'app/programs/closing.ts');
    await child.report('port');
    child.process.kill('SIGTERM');
    await child.report('trail');
    child.process.kill(second);
    t.deepEqual(await child.exit, { code: null, signal: second });
    t.false(child.output.includes('trail=close 1'));
  }
});
