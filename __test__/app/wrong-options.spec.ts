/** Slips that types would have shown: in JavaScript they are errors that say what is wrong, never passed over. */
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import test from 'ava';
import { z } from 'zod';

import { Covet, file, files, get, sendFile } from '../../src/index.ts';

/** As JavaScript calls it. */
const anyOf = (value: unknown): any => value;

const refused = (
  t: { throws: (work: () => unknown, expected: object) => unknown },
  work: () => unknown,
  text: RegExp,
) => t.throws(work, { message: text });

test('an option that is none is an error that names it and those there are', (t) => {
  const app = anyOf(new Covet({ logger: false }));
  const folder = mkdtempSync(join(tmpdir(), 'covet-options-'));
  refused(t, () => new Covet(anyOf({ loger: false })), /^new Covet\(\) has no option 'loger': there are logger, /);
  refused(t, () => new Covet(anyOf({ compression: { treshold: 1 } })), /^compression has no option 'treshold'/);
  refused(t, () => app.get('/a', { respons: z.string() }, () => 'a'), /^the spec of \/a has no option 'respons'/);
  refused(t, () => app.static('/a', folder, { maxage: 1 }), /^app\.static\(\) has no option 'maxage'/);
  refused(t, () => sendFile('a.txt', anyOf({ rot: folder })), /^sendFile\(\) has no option 'rot': .*root/);
  refused(t, () => file(anyOf({ maxsize: 1 })), /^file\(\) has no option 'maxsize'/);
  refused(t, () => files(anyOf({ count: 1 })), /^files\(\) has no option 'count'/);
});

test('an option that is one of a few is no other', (t) => {
  refused(
    t,
    () => new Covet(anyOf({ mode: 'prod' })),
    /^new Covet\(\{ mode \}\) is 'development' or 'production', not "prod"$/,
  );
  refused(t, () => new Covet(anyOf({ errorFormat: 'rfc' })), /'covet' or 'problem'/);
  refused(t, () => new Covet(anyOf({ onUncaught: 'die' })), /'log' or 'exit'/);
});

test('listen takes an object, not a port as other frameworks do', async (t) => {
  const app = anyOf(new Covet({ logger: false }));
  await t.throwsAsync(app.listen(0), { message: 'listen() takes an object of options, not 0' });
  await t.throwsAsync(app.listen({ prt: 0 }), { message: /^listen\(\) has no option 'prt': there are port, host, / });
  await app.close();
});

test('a second listen says so in its code', async (t) => {
  const app = new Covet({ logger: false });
  await app.listen({ port: 0 });
  await t.throwsAsync(app.listen({ port: 0 }), { code: 'ALREADY_LISTENING' });
  await app.close();
});

test('what is no schema, no file field or no contract is refused where it is given', (t) => {
  const app = anyOf(new Covet({ logger: false }));
  refused(t, () => get('/a', anyOf({ query: { a: z.string() } })), /^the 'query' of \/a is a schema/);
  refused(
    t,
    () => app.post('/a', { files: { a: z.any() } }, () => 1),
    /^the field 'a' in the files of \/a is made with file\(\)/,
  );
  refused(t, () => app.handle('/a', () => 1), /^app\.handle\(\) takes a contract/);
});

test('middleware that is none keeps the application from starting', async (t) => {
  for (const layer of [undefined, null, 5, {}]) {
    await t.throwsAsync(
      new Covet({ logger: false }).use(anyOf(layer)).ready(),
      { message: /^Middleware is a function, a class, or an object with onRequest or onResponse, not / },
      typeof layer,
    );
    const app = new Covet({ logger: false });
    app.get('/a', { middleware: [anyOf(layer)] }, () => 1);
    await t.throwsAsync(app.ready(), {
      message: /^Middleware is a function, a class, or an object with onRequest or onResponse, not /,
    });
  }
});

test('who sends JSON to a form is told both types of a form', async (t) => {
  const app = new Covet({ logger: false });
  app.post('/a', async ({ req }) => [...(await req.formData()).keys()]);
  const answer = await app.inject({ method: 'POST', url: '/a', body: { a: 1 } });
  t.is(answer.status, 415);
  t.regex(await answer.text(), /application\/x-www-form-urlencoded or multipart\/form-data/);
  await app.close();
});
