/** Limits of forms that are raised hold for both encodings, and those beside them give way (Q6). */
import test from 'ava';
import { z } from 'zod';

import { Covet, files } from '../../src/index.ts';
import type { FormOptions } from '../../src/index.ts';
import { serve } from '../helpers/serve.ts';
import { formBody, post } from './form-body.ts';

const MiB = 1024 * 1024;
const URLENCODED = 'application/x-www-form-urlencoded';
const large = 'x'.repeat(2 * MiB);
const wide = { bodyLimit: 64 * MiB };

const many = (count: number, filename?: string): Buffer =>
  formBody(Array.from({ length: count }, () => ({ name: 'f', data: '', ...(filename !== undefined && { filename }) })));

test('a field may be as large as maxFieldSize says, in either encoding', async (t) => {
  const { port } = await serve(t, (app) => {
    app.post('/form', wide, async ({ req }) => String((await req.form({ maxFieldSize: 8 * MiB }))['f']).length);
    app.post(
      '/formData',
      wide,
      async ({ req }) => ((await req.formData({ maxFieldSize: 8 * MiB })).get('f') as string).length,
    );
  });
  for (const path of ['/form', '/formData']) {
    for (const [body, type] of [
      [formBody([{ name: 'f', data: large }]), undefined] as const,
      [Buffer.from(`f=${large}`), URLENCODED] as const,
    ]) {
      t.is((await post(port, path, body, type)).text(), `${2 * MiB}`, `${path} ${type}`);
    }
  }
});

test('there may be as many fields as maxFields says, in either encoding, and as many files as maxFiles', async (t) => {
  const { port } = await serve(t, (app) => {
    app.post('/form', wide, async ({ req }) => (await req.form({ maxFields: 5000 }))['f']!.length);
    app.post('/formData', wide, async ({ req }) => (await req.formData({ maxFields: 5000 })).getAll('f').length);
    app.post('/files', wide, async ({ req }) => (await req.files({ maxFiles: 5000 }))['f']!.length);
    app.post('/parts', wide, async ({ req }) => {
      let count = 0;
      for await (const _ of req.parts({ maxFiles: 5000 })) count++;
      return count;
    });
  });
  for (const path of ['/form', '/formData']) {
    t.is((await post(port, path, many(2000))).text(), '2000', path);
    t.is((await post(port, path, Buffer.from('f=&'.repeat(2000)), URLENCODED)).text(), '2000', path);
    t.is((await post(port, path, many(5001))).status, 413, path);
  }
  for (const path of ['/files', '/parts']) t.is((await post(port, path, many(1500, 'n'))).text(), '1500', path);
});

test('the limits of all parts and of all fields hold where they are given', async (t) => {
  const { port } = await serve(t, (app) => {
    app.post('/parts', wide, async ({ req }) => (await req.files({ maxParts: 3, maxFiles: 50 }))['f']!.length);
    app.post('/fields', wide, async ({ req }) => {
      await req.files({ maxFieldsSize: 100, maxFieldSize: 80 });
      return String((await req.form())['f']).length;
    });
    app.post('/default', wide, async ({ req }) => Object.keys(await req.files()).length);
  });
  t.is((await post(port, '/parts', many(3, 'n'))).text(), '3');
  const parts = await post(port, '/parts', many(4, 'n'));
  t.is(parts.status, 413);
  t.is(parts.json().error.code, 'PAYLOAD_TOO_LARGE');
  const fields = (length: number) => formBody([1, 2].map(() => ({ name: 'f', data: 'x'.repeat(length) })));
  t.is((await post(port, '/fields', fields(50))).text(), '101');
  t.is((await post(port, '/fields', fields(51))).status, 413);
  const ten = 'x'.repeat(100_000);
  t.is(
    (await post(port, '/default', formBody(Array.from({ length: 10 }, () => ({ name: 'f', data: ten }))))).status,
    200,
  );
  t.is(
    (await post(port, '/default', formBody(Array.from({ length: 11 }, () => ({ name: 'f', data: ten }))))).status,
    413,
  );
});

test('formLimits are those of a route with a form or files', async (t) => {
  const form = z.object({ f: z.union([z.string(), z.array(z.string())]) });
  const formLimits: FormOptions = { maxFields: 2000, maxFieldSize: 8 * MiB };
  const { port } = await serve(t, (app) => {
    app.post('/form', { form, formLimits, ...wide }, ({ form: { f } }) => f.length);
    app.post('/files', { form, formLimits, files: { doc: files({ maxCount: 1 }) } }, ({ form: { f } }) => f.length);
    app.post('/tight', { form, formLimits: { maxFields: 2 } }, ({ form: { f } }) => f.length);
  });
  for (const path of ['/form', '/files']) {
    t.is((await post(port, path, formBody([{ name: 'f', data: large }]))).text(), `${2 * MiB}`, path);
    t.is((await post(port, path, many(2000))).text(), '2000', path);
    t.is((await post(port, path, many(2001))).status, 413, path);
  }
  t.is((await post(port, '/form', Buffer.from(`f=${large}`), URLENCODED)).text(), `${2 * MiB}`);
  t.is((await post(port, '/tight', many(2))).text(), '2');
  t.is((await post(port, '/tight', many(3))).status, 413);
  t.is((await post(port, '/tight', Buffer.from('f=&f=&f='), URLENCODED)).status, 413);
});

test('formLimits that are none are refused when the route is compiled', async (t) => {
  for (const [spec, message] of [
    [{ form: z.object({}), formLimits: { maxFields: 1.5 } }, /'maxFields' of a form is a whole number/],
    [{ form: z.object({}), formLimits: { most: 1 } }, /no option 'most'/],
    [{ formLimits: { maxFields: 1 } }, /POST \/.*formLimits.*form.*files/],
  ] as const) {
    const app = new Covet({ logger: false });
    app.post('/', spec as object, () => 'never');
    await t.throwsAsync(() => app.listen({ port: 0 }), { message });
  }
});
