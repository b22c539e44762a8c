/** What leaves by a response map: only what it has a schema for. */
import test from 'ava';
import { z } from 'zod';

import { Covet, reply } from '../../src/index.ts';
import type { CovetOptions } from '../../src/index.ts';

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
