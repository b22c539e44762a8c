/** `app.resolve`: the application's own singletons, outside of any request. */
import test from 'ava';
import { z } from 'zod';

import { Covet, Depends, Header, defineSettings, inject, token } from '../../src/index.ts';

const createApp = (): Covet => new Covet({ logger: false });

test('gives the one value that requests get', async (t) => {
  let made = 0;
  const counter = Depends(async () => ({ number: (made += 1) }), { scope: 'singleton' });
  class Service {}
  const Name = token<string>('Name');
  const app = createApp().provide(Name, 'blog');
  app.get('/', { deps: { counter } }, ({ counter: { number } }) => ({ number }));
  const { url, close } = await app.listen({ port: 0 });
  t.teardown(() => close(0));

  t.is(await app.resolve(counter), await app.resolve(counter));
  t.deepEqual(await (await fetch(url)).json(), { number: 1 });
  t.is(await app.resolve(Name), 'blog');
  t.true((await app.resolve(Service)) instanceof Service);
  t.is(await app.resolve(Service), await app.resolve(Service));
});

test('works before the start, in it, and not after the close', async (t) => {
  const settings = defineSettings(z.object({ PORT: z.int() }), { env: { PORT: '8080' } });
  const events: string[] = [];
  const database = Depends(() => ({ close: () => void events.push('closed') }), { scope: 'singleton' });
  const app = createApp();
  t.deepEqual({ ...(await app.resolve(settings)) }, { PORT: 8080 });
  app.onStart(async () => void events.push(typeof (await app.resolve(database)).close));
  await app.ready();
  await app.close();
  t.deepEqual(events, ['function', 'closed']);
  const late = Depends(() => 1, { scope: 'singleton' });
  await t.throwsAsync(app.resolve(late), { message: /application is closed/ });
});

test('leaves disposal in the order of creation', async (t) => {
  const events: string[] = [];
  const database = Depends(() => ({ close: () => void events.push('database') }), { scope: 'singleton' });
  class Cache {
    readonly database = inject(database);
    close(): void {
      events.push('cache');
    }
  }
  const app = createApp();
  await app.resolve(Cache);
  await app.resolve(database);
  await app.close();
  t.deepEqual(events, ['cache', 'database']);
});

test('sees overrides', async (t) => {
  const clock = Depends(() => 'real', { scope: 'singleton' });
  const app = createApp();
  t.is(await app.resolve(clock), 'real');
  const undo = app.override(clock, 'fake');
  t.is(await app.resolve(clock), 'fake');
  undo();
  t.is(await app.resolve(clock), 'real');
});

test('refuses what lives as long as a request, and what nobody provides', async (t) => {
  const app = createApp();
  const session = Depends(() => 1, { name: 'session' });
  await t.throwsAsync(app.resolve(session), { code: 'CAPTIVE_DEPENDENCY', message: /session/ });
  const user = Depends({ id: Header('x-user') }, ({ id }) => id, { scope: 'singleton', name: 'user' });
  await t.throwsAsync(app.resolve(user), { code: 'CAPTIVE_DEPENDENCY', message: /user/ });
  await t.throwsAsync(app.resolve(token('Mailer')), { code: 'MISSING_PROVIDER', message: /Mailer/ });
});
