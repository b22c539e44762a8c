/** `req.files` and `req.form` of multipart bodies, asked for in the handler (Q6, Q7). */
import test from 'ava';
import { z } from 'zod';

import { serve } from '../helpers/serve.ts';
import { formType, post } from './form-body.ts';

const large = Buffer.alloc(300_000, 'covet ');

test('req.files and req.form read one form, in that order', async (t) => {
  const { port } = await serve(t, (app) => {
    app.post('/both', { bodyLimit: 1e7 }, async ({ req }) => {
      const found = await req.files();
      return { files: Object.keys(found), sizes: found['a']!.map(({ size }) => size), fields: await req.form() };
    });
    app.post('/fields', { bodyLimit: 1e7 }, async ({ req }) => {
      const fields = await req.form();
      return { fields, late: await req.files().catch((error: Error) => error.message) };
    });
  });
  const parts = [
    { name: 'x', data: '1' },
    { name: 'a', filename: 'n', data: large },
    { name: 'a', filename: 'm', data: 'small' },
    { name: 'x', data: '2' },
  ];
  t.deepEqual((await post(port, '/both', parts)).json(), {
    files: ['a'],
    sizes: [300_000, 5],
    fields: { x: ['1', '2'] },
  });
  t.deepEqual((await post(port, '/fields', parts)).json(), {
    fields: { x: ['1', '2'] },
    late: 'The form was read without its files: ask for the files first, then for the fields',
  });
});

test('a multipart form feeds the form schema of a route without files', async (t) => {
  const { port } = await serve(t, (app) => {
    app.post('/', { form: z.object({ n: z.int() }) }, ({ form }) => form);
  });
  const parts = [
    { name: 'n', data: '7' },
    { name: 'a', filename: 'n', data: 'small' },
  ];
  t.deepEqual((await post(port, '/', parts)).json(), { n: 7 });
  t.is((await post(port, '/', [{ name: 'n', data: 'x' }])).status, 422);
  t.is((await post(port, '/', Buffer.from('x'), formType)).status, 400);
});

test('a limit of req.files that makes no sense rejects', async (t) => {
  const { port } = await serve(t, (app) => {
    app.post('/', async ({ req }) => {
      const wrong = await req.files({ maxFiles: 1.5 }).catch((error: Error) => error.message);
      const unknown = await req.files({ maxFile: 1 } as object).catch((error: Error) => error.message);
      return { wrong, unknown };
    });
  });
  t.deepEqual((await post(port, '/', [])).json(), {
    wrong: "The option 'maxFiles' of a form is a whole number from 0 to 4294967295, not 1.5",
    unknown: "A multipart form has no option 'maxFile'",
  });
});
