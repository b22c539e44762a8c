/** Dependencies outside of requests: `app.resolve(Injector)`, `injector.run(deps, work)`. */
import test from 'ava';

import { Covet, Depends, Header, Injector, Log } from '../../src/index.ts';

function traced(lines: string[], name: string, teardown: 'before' | 'after' = 'before') {
  return Depends(
    async function* () {
      lines.push(`open ${name}`);
      try {
        yield name;
      } catch (error) {
        lines.push(`failed ${name}: ${(error as Error).message}`);
        throw error;
      }
      lines.push(`close ${name}`);
    },
    { name, teardown },
  );
}

async function setUp() {
  const app = new Covet({ logger: false });
  return { app, injector: await app.resolve(Injector) };
}

test('work gets what it needs, shared within the run, and it is torn down after', async (t) => {
  const { injector } = await setUp();
  const lines: string[] = [];
  const session = traced(lines, 'session');
  const users = Depends({ session }, ({ session }) => `users of ${session}`);
  const deps = { session, users };
  const result = await injector.run(deps, async ({ session, users }) => {
    lines.push(`${session}, ${users}`);
    return 7;
  });
  t.is(result, 7);
  t.deepEqual(lines, ['open session', 'session, users of session', 'close session']);
  await injector.run(deps, () => lines.push('again'));
  t.deepEqual(lines.slice(3), ['open session', 'again', 'close session']);
});

test('what is torn down after a response is torn down after the work', async (t) => {
  const { injector } = await setUp();
  const lines: string[] = [];
  await injector.run({ a: traced(lines, 'a', 'after'), b: traced(lines, 'b') }, () => lines.push('work'));
  t.deepEqual(lines, ['open a', 'open b', 'work', 'close b', 'close a']);
});

test('a failure is seen by every teardown, and thrown', async (t) => {
  const { injector } = await setUp();
  const lines: string[] = [];
  const deps = { a: traced(lines, 'a', 'after'), b: traced(lines, 'b') };
  await t.throwsAsync(
    injector.run(deps, () => {
      throw new Error('no');
    }),
    { message: 'no' },
  );
  t.deepEqual(lines, ['open a', 'open b', 'failed b: no', 'failed a: no']);
});

test('a teardown that fails after success fails the run, and what comes after sees it', async (t) => {
  const { injector } = await setUp();
  const lines: string[] = [];
  const commit = Depends(
    async function* () {
      yield 1;
      throw new Error('commit failed');
    },
    { name: 'commit' },
  );
  await t.throwsAsync(
    injector.run({ a: traced(lines, 'a', 'after'), commit }, () => 'done'),
    { message: 'commit failed' },
  );
  t.deepEqual(lines, ['open a', 'failed a: commit failed']);
});

test('what reads a request is refused by name, and works when overridden', async (t) => {
  const { app, injector } = await setUp();
  const tenant = Depends({ name: Header('x-tenant') }, ({ name }) => name ?? 'none');
  const deps = { tenant };
  await t.throwsAsync(
    injector.run(deps, () => 0),
    { message: /the header 'x-tenant' is part of a request/ },
  );
  app.override(tenant, 'acme');
  t.is(await injector.run(deps, ({ tenant }) => tenant), 'acme');
});

test('every application has its own injector and log, for its dependencies too', async (t) => {
  const [one, other] = [await setUp(), await setUp()];
  t.not(one.injector, other.injector);
  const seen = Depends({ injector: Injector, log: Log }, (needs) => ({ ...needs }));
  await one.injector.run({ seen }, ({ seen }) => {
    t.is(seen.injector, one.injector);
    t.is(seen.log, one.app.log);
  });
});
