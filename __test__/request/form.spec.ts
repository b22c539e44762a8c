/** Urlencoded forms, over the wire: as handlers read them, and as a schema has them (Q6). */
import test from 'ava';
import { z } from 'zod';

import { Body, Covet, Depends } from '../../src/index.ts';
import { post as makeContract } from '../../src/route.ts';
import { exchange } from '../helpers/raw-connection.ts';
import { serve } from '../helpers/serve.ts';

const FORM = 'application/x-www-form-urlencoded';

const post = (port: number, path: string, body: string | Buffer, type = FORM) => {
  const bytes = Buffer.from(body);
  const line = type === '' ? '' : `Content-Type: ${type}\r\n`;
  const head = `POST ${path} HTTP/1.1\r\nHost: a\r\nContent-Length: ${bytes.byteLength}\r\n${line}\r\n`;
  return exchange(port, Buffer.concat([Buffer.from(head, 'latin1'), bytes]));
};

const register = (app: Covet): void => {
  app.post('/raw', async ({ req }) => {
    const form = await req.form();
    return { pairs: Object.entries(form), hasPrototype: 'hasOwnProperty' in form };
  });
  app.post('/small', async ({ req }) =>
    Object.entries(await req.form({ maxFields: 2, maxNameSize: 4, maxFieldSize: 6 })),
  );
  app.post('/wrong', async ({ req }) => req.form({ maxFields: -1 }));
  app.post('/unknown', async ({ req }) => req.form({ most: 1 } as never));
  app.post(
    '/checked',
    {
      form: z.object({
        name: z.string().min(1),
        age: z.int().optional(),
        news: z.boolean().default(false),
        tags: z.array(z.string()).default([]),
        sizes: z.array(z.int()).optional(),
      }),
      query: z.object({ dry: z.boolean().default(false) }),
    },
    ({ form, query }) => ({ ...form, dry: query.dry }),
  );
};

/** A body and its fields, or what is wrong with it. */
const bodies: readonly (readonly [string, readonly (readonly [string, string | string[]])[]])[] = [
  ['', []],
  ['a=1', [['a', '1']]],
  [
    'a=1&b=2',
    [
      ['a', '1'],
      ['b', '2'],
    ],
  ],
  ['&&a=1&&', [['a', '1']]],
  ['a', [['a', '']]],
  ['a=', [['a', '']]],
  ['=b', [['', 'b']]],
  ['a=b=c', [['a', 'b=c']]],
  [
    'a=1+2%2B3&b+c=%20',
    [
      ['a', '1 2+3'],
      ['b c', ' '],
    ],
  ],
  [
    'a=1&b=x&a=2&a=3',
    [
      ['a', ['1', '2', '3']],
      ['b', 'x'],
    ],
  ],
  ['n%C3%A9=%F0%9F%98%80', [['né', '😀']]],
  ['né=😀', [['né', '😀']]],
  ['a=%26%3D%25', [['a', '&=%']]],
  ['a=1;b=2', [['a', '1;b=2']]],
  ['a%5B%5D=1&a[]=2', [['a[]', ['1', '2']]]],
  [
    '__proto__=x&constructor=y&toString=z',
    [
      ['__proto__', 'x'],
      ['constructor', 'y'],
      ['toString', 'z'],
    ],
  ],
  ['a=%00%0D%0A', [['a', '\u0000\r\n']]],
];

test('every field is decoded once, repeats are lists, and no name is special', async (t) => {
  const { port } = await serve(t, register);
  for (const [body, pairs] of bodies) {
    const response = await post(port, '/raw', body);
    t.deepEqual(response.json(), { pairs, hasPrototype: false }, body);
  }
});

test('what does not decode is 400', async (t) => {
  const { port } = await serve(t, register);
  for (const body of ['a=%', 'a=%4', 'a=%zz', '%=1', 'a=%C3', 'a=%C3%28', 'a=%ED%A0%80', 'a=%FF', 'a=1&b=%u0041']) {
    const response = await post(port, '/raw', body);
    t.is(response.status, 400, body);
    t.is(response.json().error.message, 'The form has a malformed percent escape');
  }
  const response = await post(port, '/raw', Buffer.from('a=\u00e9', 'latin1'));
  t.is(response.status, 400);
  t.is(response.json().error.message, 'The form is not valid UTF-8');
});

test('another content type is 415, also one that only looks like a form’s', async (t) => {
  const { port } = await serve(t, register);
  for (const type of [
    '',
    'application/json',
    'text/plain',
    'application/x-www-form-urlencoded-x',
    'application/x-www-form-urlencoded a',
    'application/x-www-form-urlencoded\ta',
    'application/x-www-form-urlencoded, application/json',
    'application/x-www-form-urlencoded; charset=latin1',
    'application/x-www-form-urlencoded; charset=utf-8; charset=utf-8',
    'multipart/mixed; boundary=a',
  ]) {
    for (const path of ['/raw', '/checked']) {
      const response = await post(port, path, 'name=1', type);
      t.is(response.status, 415, type);
      t.regex(response.json().error.message, /application\/x-www-form-urlencoded/);
    }
  }
  for (const type of [`${FORM}; charset=UTF-8`, 'Application/X-WWW-Form-Urlencoded', `${FORM};charset="utf-8"`]) {
    t.is((await post(port, '/raw', 'a=1', type)).status, 200, type);
  }
});

test('too many fields, and too large ones, are 413', async (t) => {
  const { port } = await serve(t, register);
  t.is((await post(port, '/raw', 'a&'.repeat(1000))).status, 200);
  const many = await post(port, '/raw', 'a&'.repeat(1001));
  t.is(many.status, 413);
  t.is(many.json().error.message, 'A form may have at most 1000 fields');
  t.is((await post(port, '/raw', `${'n'.repeat(1024)}=1`)).status, 200);
  const long = await post(port, '/raw', `${'n'.repeat(1025)}=1`);
  t.is(long.status, 413);
  t.is(long.json().error.message, 'The name of a field may have at most 1024 bytes');
  t.deepEqual((await post(port, '/small', 'abcd=123456&%C3%A9%C3%A9=%C3%A9%C3%A9%C3%A9')).json(), [
    ['abcd', '123456'],
    ['éé', 'ééé'],
  ]);
  t.is((await post(port, '/small', 'a=1&b=2&c=3')).status, 413);
  t.is((await post(port, '/small', '%C3%A9%C3%A91=1')).status, 413);
  const large = await post(port, '/small', 'a=%C3%A9%C3%A9%C3%A91');
  t.is(large.status, 413);
  t.is(large.json().error.message, 'A field may have at most 6 bytes');
  t.is((await post(port, '/raw', 'a'.repeat(1024 * 1024 + 1))).status, 413, 'the whole is a body like any other');
});

test('an option that is no limit is the program’s fault', async (t) => {
  const { port, logs } = await serve(t, register);
  for (const [path, message] of [
    ['/wrong', /'maxFields' of a form is a whole number/],
    ['/unknown', /no option 'most'/],
  ] as const) {
    const response = await post(port, path, 'a=1');
    t.is(response.status, 500);
    const line = await logs.find(({ error_id: id }) => id === response.header('x-error-id'));
    t.regex(String(line['msg']), message);
  }
});

test('a schema gets numbers, booleans and lists, and its faults name the form', async (t) => {
  const { port } = await serve(t, register);
  const good = await post(port, '/checked?dry=1', 'name=Ada+L&age=36&news=true&tags=a&sizes=1&sizes=2');
  t.deepEqual(good.json(), { name: 'Ada L', age: 36, news: true, tags: ['a'], sizes: [1, 2], dry: true });
  t.deepEqual((await post(port, '/checked', 'name=x&tags=a&tags=b')).json(), {
    name: 'x',
    news: false,
    tags: ['a', 'b'],
    dry: false,
  });
  const bad = await post(port, '/checked?dry=maybe', 'name=&age=x&sizes=a&name');
  t.is(bad.status, 422);
  const faults: { in: string; field: string }[] = bad.json().error.details.field_errors;
  t.deepEqual(
    faults.map((fault) => `${fault.in} ${fault.field}`),
    ['query dry', 'form name', 'form age', 'form sizes.0'],
  );
  const none = await post(port, '/checked', '', '');
  t.is(none.status, 422, 'without a body there are no fields');
  t.is(none.json().error.details.field_errors[0].in, 'form');
});

test('one request has one body: a route that wants two is refused when it is made', async (t) => {
  const both = { body: z.object({}), form: z.object({}) } as never;
  t.throws(() => makeContract('/x', both), { instanceOf: TypeError, message: /\/x has 'body' and 'form'/ });
  const app = new Covet({ logger: false });
  const getUser = Depends({ body: Body(z.object({ id: z.int() })) }, ({ body }) => body.id);
  app.post('/y', { form: z.object({ a: z.string() }), deps: { user: getUser } }, ({ form }) => form.a);
  await t.throwsAsync(app.ready(), { message: /'form' has a dependency that reads a JSON body/ });
  await app.close();
});
