/** Whose request it was stands in every line of the log that is written within it (M2, D13). */
import test from 'ava';

import { currentTenant, tenant } from '../../src/data/index.ts';
import { Covet, Depends, Header, HttpError, Injector, Log, reply } from '../../src/index.ts';
import type { Logger } from '../../src/index.ts';
import { LogLines, serve, sleep } from '../helpers/serve.ts';

const claim = Depends({ key: Header('x-api-key') }, ({ key }) => key);
const currentTenantOf = tenant({ claim, isKnown: (name) => name !== 'nobody' });

const ask = (url: string, key?: string): Promise<Response> =>
  fetch(url, { headers: key === undefined ? {} : { 'x-api-key': key } });

test('the line of a failed request has the tenant, once that is resolved', async (t) => {
  const { url, logs } = await serve(t, (app) => {
    app.get('/broken/{n:int}', { deps: { tenant: currentTenantOf } }, async ({ params }) => {
      await sleep(20);
      throw new HttpError(params.n % 2 === 0 ? 404 : 500, 'broken');
    });
    app.get('/public', () => {
      throw new Error('nobody asked');
    });
  });
  const keys = ['acme', 'globex', 'acme', 'globex', 'initech', undefined, 'nobody'];
  await Promise.all(keys.map((key, n) => ask(`${url}/broken/${n}`, key)));
  await ask(`${url}/public`, 'acme');
  await logs.find(({ path }) => path === '/public');
  const seen = Object.fromEntries(logs.lines.map(({ path, tenant: name }) => [path, name]));
  t.deepEqual(seen, {
    '/broken/0': 'acme',
    '/broken/1': 'globex',
    '/broken/2': 'acme',
    '/broken/3': 'globex',
    '/broken/4': 'initech',
    '/broken/5': undefined,
    '/broken/6': undefined,
    '/public': undefined,
  });
});

test('what the application logs has it, wherever in the request it is written', async (t) => {
  const inside = Depends({ tenant: currentTenantOf, log: Log }, async function* ({ log }) {
    log.info({ at: 'dependency' });
    yield 1;
    await sleep(1);
    log.info({ at: 'teardown' });
  });
  const late = Depends(
    { tenant: currentTenantOf, log: Log },
    function* ({ log }) {
      yield 1;
      log.info({ at: 'teardown after the response' });
    },
    { teardown: 'after' },
  );
  const { url, logs } = await serve(t, (app) => {
    app.get('/', { deps: { log: Log, inside, late } }, ({ log, afterResponse }) => {
      log.info({ at: 'handler', tenant: 'said' });
      setTimeout(() => log.info({ at: 'timer' }), 5);
      afterResponse(async () => {
        log.info({ at: 'task' });
        throw new Error('a task failed');
      });
      async function* pieces(): AsyncGenerator<string> {
        log.info({ at: 'first piece' });
        yield 'a';
        await sleep(5);
        log.info({ at: 'last piece' });
        yield 'b';
      }
      return reply(200, pieces());
    });
    app.get('/cut', { deps: { tenant: currentTenantOf } }, () => {
      async function* pieces(): AsyncGenerator<string> {
        yield 'a';
        await sleep(20);
        throw new Error('cut off');
      }
      return reply(200, pieces());
    });
  });
  t.is(await (await ask(`${url}/`, 'acme')).text(), 'ab');
  await t.throwsAsync(async () => (await ask(`${url}/cut`, 'globex')).text());
  await logs.find(({ msg }) => msg === 'An error after the response');
  await logs.find(({ at }) => at === 'teardown after the response');
  const cut = await logs.find(({ err }) => /broke off/.test(err?.message));
  t.is(cut['tenant'], 'globex');
  const mine = logs.lines.filter((line) => line !== cut).map(({ at, msg, tenant: name }) => [at ?? msg, name]);
  t.deepEqual(
    mine.sort(([a], [b]) => (a < b ? -1 : 1)),
    [
      ['An error after the response', 'acme'],
      ['dependency', 'acme'],
      ['first piece', 'acme'],
      ['handler', 'said'],
      ['last piece', 'acme'],
      ['task', 'acme'],
      ['teardown', 'acme'],
      ['teardown after the response', 'acme'],
      ['timer', 'acme'],
    ],
  );
});

test('a logger of the application gets it with errors, and by currentTenant', async (t) => {
  const facts: any[] = [];
  const write = (line: object): void => void facts.push({ ...line, here: currentTenant() });
  const logger: Logger = { debug: write, info: write, warn: write, error: write };
  const app = new Covet({ logger });
  app.get('/', { deps: { tenant: currentTenantOf } }, () => {
    app.log.info({ at: 'handler' });
    throw new HttpError(409, 'no');
  });
  await app.inject({ url: '/', headers: { 'x-api-key': 'acme' } });
  await sleep(10);
  await app.close();
  t.like(facts[0], { at: 'handler', here: 'acme' });
  t.like(facts[1], { status: 409, tenant: 'acme' });
  t.is(currentTenant(), undefined);
});

test('work outside of requests has the tenant that its dependencies resolve', async (t) => {
  const lines = new LogLines();
  const app = new Covet({ logger: { destination: lines } });
  app.override(
    currentTenantOf,
    Depends(() => 'overridden'),
  );
  const injector = await app.resolve(Injector);
  await injector.run({ log: Log, tenant: currentTenantOf }, ({ log }) => log.info({}, 'no resolver'));
  await app.close();
  t.is(lines.lines[0]!['tenant'], undefined);
});
