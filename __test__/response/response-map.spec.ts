/** What leaves by a response map: only what it has a schema for. */
import { Readable } from 'node:stream';

import test from 'ava';
import { z } from 'zod';

import { Covet, ndjson, reply } from '../../src/index.ts';
import type { CovetOptions } from '../../src/index.ts';
import { serve, until } from '../helpers/serve.ts';

const User = z.object({ id: z.int() });
const user = { id: 1, passwordHash: 'secret' };

for (const mode of ['development', 'production'] as const) {
  test(`a status the map does not have is an error, not an answer without a schema (${mode})`, async (t) => {
    const options: CovetOptions = { logger: false, mode };
    const app = new Covet(options);
    app.get('/', { response: { 200: User } }, () => reply(299, user) as never);
    const { url } = await app.listen({ port: 0 });
    t.teardown(() => app.close(0));
    const response = await fetch(url);
    const text = await response.text();
    t.is(response.status, 500);
    t.false(text.includes('secret'));
    t.is((JSON.parse(text) as { error: { code: string } }).error.code, 'RESPONSE_VALIDATION_ERROR');
  });

  test(`a stream that the map has no place for is an error, and its source is closed (${mode})`, async (t) => {
    const ended: string[] = [];
    const generate = async function* (path: string): AsyncGenerator<string> {
      try {
        yield 'secret';
        await new Promise(() => undefined);
      } finally {
        ended.push(path);
      }
    };
    /** Begun, so that it has a `finally` to run. */
    const begun = async (path: string): Promise<AsyncGenerator<string>> => {
      const source = generate(path);
      await source.next();
      return source;
    };
    const { url } = await serve(
      t,
      (app) => {
        app.get('/undeclared', { response: { 200: User } }, async () => reply(299, await begun('undeclared')) as never);
        app.get('/schema', { response: { 200: User } }, async () => reply(200, await begun('schema')) as never);
        app.get(
          '/web',
          { response: { 200: User } },
          () => reply(299, new ReadableStream({ cancel: () => void ended.push('web') })) as never,
        );
        app.get(
          '/node',
          { response: { 200: User } },
          () =>
            reply(299, new Readable({ read() {}, destroy: (_, done) => (ended.push('node'), done(null)) })) as never,
        );
        app.get(
          '/rows',
          { response: { 200: ndjson(User) } },
          async () => reply(200, ndjson(await begun('rows'))) as never,
        );
      },
      { mode },
    );
    for (const path of ['undeclared', 'schema', 'web', 'node', 'rows']) {
      const response = await fetch(`${url}/${path}`);
      const text = await response.text();
      t.is(response.status, 500, path);
      t.false(text.includes('secret'));
      t.true(await until(() => ended.includes(path)), `${path} is closed`);
    }
  });

  test(`middleware may answer what the map does not have, and see what the handler gave (${mode})`, async (t) => {
    const app = new Covet({ logger: false, mode });
    app.use((ctx, next) => (ctx.req.header('x-early') === undefined ? next() : reply(418, { teapot: true })));
    app.get('/', { response: { 200: User } }, () => user);
    const { url } = await app.listen({ port: 0 });
    t.teardown(() => app.close(0));
    const early = await fetch(url, { headers: { 'x-early': '1' } });
    t.is(early.status, 418);
    t.deepEqual(await early.json(), { teapot: true });
    t.deepEqual(await (await fetch(url)).json(), { id: 1 });
  });
}
