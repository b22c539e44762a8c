/** `files` of a route, and `req.files`: forms gathered before the handler looks (Q7, Q8). */
import test from 'ava';
import { z } from 'zod';

import { Depends, HttpError, MemoryStorage, file, files } from '../../src/index.ts';
import type { UploadedFile } from '../../src/index.ts';
import { serve } from '../helpers/serve.ts';
import { boundary, formBody, png, post } from './form-body.ts';
import type { SentPart } from './form-body.ts';

const large = Buffer.alloc(300_000, 'covet ');

const describe = ({ name, filename, type, declaredType, isActive, size }: UploadedFile): object => ({
  name,
  filename,
  type,
  declaredType,
  isActive,
  size,
});

for (const [kind, filler] of [
  ['a small body', 0],
  ['a body that comes in pieces', 200_000],
] as const) {
  test(`the files of ${kind} are gathered, named and typed`, async (t) => {
    const { port } = await serve(t, (app) => {
      const spec = { files: { avatar: file(), photos: files(), none: file({ required: false }) } };
      app.post('/', spec, async (ctx) => ({
        avatar: describe(ctx.files.avatar),
        photos: ctx.files.photos.map(describe),
        none: ctx.files.none === undefined,
        text: await ctx.files.avatar.text(),
      }));
    });
    const parts: SentPart[] = [
      { name: 'avatar', filename: '../../größe.csv', type: 'text/csv; charset=utf-8', data: 'a,b\n' },
      { name: 'photos', filename: 'one.jpg', type: 'image/jpeg', data: png },
      { name: 'other', filename: 'passed over', type: 'a/b', data: Buffer.alloc(filler) },
      { name: 'photos', filename: 'x.html', type: 'image/png', data: '<html>' },
      { name: 'none', filename: '', type: 'application/octet-stream', data: '' },
    ];
    const response = await post(port, '/', parts);
    t.is(response.status, 200, response.text());
    t.deepEqual(response.json(), {
      avatar: {
        name: 'avatar',
        filename: 'größe.csv',
        type: 'text/csv',
        declaredType: 'text/csv; charset=utf-8',
        isActive: false,
        size: 4,
      },
      photos: [
        {
          name: 'photos',
          filename: 'one.jpg',
          type: 'image/png',
          declaredType: 'image/jpeg',
          isActive: false,
          size: 16,
        },
        { name: 'photos', filename: 'x.html', type: 'text/html', declaredType: 'image/png', isActive: true, size: 6 },
      ],
      none: true,
      text: 'a,b\n',
    });
  });
}

test('a large file is read as a stream, as bytes and by a storage', async (t) => {
  const storage = new MemoryStorage();
  const { port } = await serve(t, (app) => {
    app.post('/', { files: { doc: file() } }, async (ctx) => {
      const { doc } = ctx.files;
      const pieces: Uint8Array[] = [];
      for await (const piece of doc.stream()) pieces.push(piece);
      const url = await doc.save(storage);
      return { streamed: large.equals(Buffer.concat(pieces)), whole: large.equals(await doc.bytes()), url };
    });
  });
  const response = await post(port, '/', [{ name: 'doc', filename: 'doc.bin', type: 'a/b', data: large }]);
  const { url, ...read } = response.json();
  t.deepEqual(read, { streamed: true, whole: true });
  const key = storage.keyOf(url);
  t.like(await storage.stat(key), { size: large.byteLength, type: 'a/b' });
  t.regex(key, /doc\.bin$/);
});

test('a form beside the files is checked, and all faults are told at once', async (t) => {
  const { port } = await serve(t, (app) => {
    const form = z.object({ title: z.string().min(3), tags: z.array(z.int()) });
    const spec = {
      form,
      files: {
        avatar: file({ types: ['image/png', 'image/jpeg'] }),
        photos: files({ minCount: 2, types: ['image/*'] }),
      },
    };
    app.post('/', spec, (ctx) => ({ form: ctx.form, photos: ctx.files.photos.length }));
  });
  const good = [
    { name: 'title', data: 'Title' },
    { name: 'tags', data: '1' },
    { name: 'tags', data: '2' },
    { name: 'avatar', filename: 'a.png', data: png },
    { name: 'photos', filename: 'b.png', data: png },
    { name: 'photos', filename: 'c.png', data: png },
  ];
  t.deepEqual((await post(port, '/', good)).json(), { form: { title: 'Title', tags: [1, 2] }, photos: 2 });

  const bad = [
    { name: 'title', data: 'x' },
    { name: 'tags', data: '1' },
    { name: 'avatar', filename: 'a.png', type: 'image/png', data: 'no picture' },
    { name: 'photos', filename: 'c.png', type: 'image/png', data: '<svg>' },
  ];
  const response = await post(port, '/', bad);
  t.is(response.status, 422);
  const { code, details } = response.json().error;
  t.is(code, 'VALIDATION_ERROR');
  t.deepEqual(
    details.field_errors.map(({ field, in: place, code: fault, pointer }: Record<string, string>) => [
      field,
      place,
      fault,
      pointer,
    ]),
    [
      ['title', 'form', 'too_small', '/title'],
      ['avatar', 'file', 'invalid_file_type', '/avatar'],
      ['photos.0', 'file', 'invalid_file_type', '/photos/0'],
      ['photos', 'file', 'too_few', '/photos'],
    ],
  );
  t.is(details.field_errors[1].message, 'The file must be image/png or image/jpeg, not application/octet-stream');
  const missing = await post(port, '/', [{ name: 'title', data: 'Title' }]);
  t.is(missing.status, 422);
  t.true(missing.text().includes('"field":"avatar","message":"The file is required","code":"required","in":"file"'));
});

const refused: Record<string, { parts: readonly SentPart[] | Buffer; type?: string; status: number; text: string }> = {
  'a file that is too large': {
    parts: [{ name: 'doc', filename: 'a', data: Buffer.alloc(1001) }],
    status: 413,
    text: 'A file of the multipart body is too large',
  },
  'a large file that is too large': {
    parts: [{ name: 'doc', filename: 'a', data: Buffer.alloc(900_000) }],
    status: 413,
    text: 'A file of the multipart body is too large',
  },
  'more files than allowed': {
    parts: [
      { name: 'doc', filename: 'a', data: 'a' },
      { name: 'doc', filename: 'b', data: 'b' },
    ],
    status: 413,
    text: 'A field has too many files',
  },
  'a body past what the route takes': {
    parts: [{ name: 'doc', filename: 'a', data: Buffer.alloc(2_000_000) }],
    status: 413,
    text: 'The request body is too large',
  },
  'no boundary': { parts: formBody([]), type: 'multipart/form-data', status: 400, text: 'must have a boundary' },
  'a boundary that is none': {
    parts: formBody([]),
    type: `multipart/form-data; boundary=${'x'.repeat(71)}`,
    status: 400,
    text: 'must be 1 to 70 characters',
  },
  'another content type': {
    parts: Buffer.from('a=b'),
    type: 'application/x-www-form-urlencoded',
    status: 415,
    text: 'must be multipart/form-data',
  },
  'a body without its end': {
    parts: formBody([{ name: 'a', data: 'b' }]).subarray(0, -8),
    status: 400,
    text: 'ended before its closing boundary',
  },
  'a part without a name': {
    parts: Buffer.from(`--${boundary}\r\nContent-Disposition: form-data\r\n\r\n\r\n--${boundary}--`),
    status: 400,
    text: 'must have a name',
  },
  'a field that is not UTF-8': {
    parts: formBody([{ name: 'a', data: Buffer.from([0xff]) }]),
    status: 400,
    text: 'must be UTF-8',
  },
  'an empty body': { parts: Buffer.alloc(0), status: 400, text: 'ended before its closing boundary' },
};

for (const [name, { parts, type, status, text }] of Object.entries(refused)) {
  test(`a form is refused for ${name}`, async (t) => {
    const { port } = await serve(t, (app) => {
      app.post('/', { files: { doc: file({ maxSize: 1000 }) } }, () => 'ok');
    });
    const response = await post(port, '/', parts, type);
    t.is(response.status, status, response.text());
    t.true(response.text().includes(text), response.text());
  });
}

test('middleware and dependencies refuse before anything is read of the body', async (t) => {
  const { port } = await serve(t, (app) => {
    const refuse = Depends((): never => {
      throw new HttpError(403, 'Not you');
    });
    const closed = (): never => {
      throw new HttpError(401, 'Who are you');
    };
    const spec = { files: { doc: file() } };
    app.post('/dependency', { ...spec, deps: { user: refuse } }, () => 'ok');
    app.post('/middleware', { ...spec, middleware: [closed] }, () => 'ok');
    app.post('/query', { ...spec, query: z.object({ id: z.int() }) }, () => 'ok');
  });
  // None of these is a form: whoever had looked would have said so.
  for (const [path, status] of [
    ['/dependency', 403],
    ['/middleware', 401],
    ['/query', 422],
  ] as const) {
    t.is((await post(port, path, Buffer.alloc(100_000, 'x'))).status, status);
  }
});

test('files are let go after the tasks behind the answer', async (t) => {
  let kept: UploadedFile | undefined;
  const { port } = await serve(t, (app) => {
    app.post('/', { files: { doc: file() } }, (ctx) => {
      kept = ctx.files.doc;
      return 'ok';
    });
  });
  t.is((await post(port, '/', [{ name: 'doc', filename: 'doc.bin', data: large }])).status, 200);
  await t.throwsAsync(kept!.bytes(), { message: /'doc\.bin' was let go when its request was answered/ });
  await t.throwsAsync(kept!.save(new MemoryStorage()), { message: /was let go/ });
});

test('options of files that make no sense are refused where they are given', (t) => {
  t.throws(() => file({ maxSize: -1 }), { instanceOf: RangeError, message: /'maxSize'/ });
  t.throws(() => file({ types: ['png'] }), { instanceOf: TypeError, message: /like 'image\/png'.*not 'png'/ });
  t.throws(() => files({ maxCount: 0 }), { instanceOf: RangeError, message: /'maxCount'/ });
  t.throws(() => files({ minCount: 3, maxCount: 2 }), { instanceOf: RangeError, message: /more than/ });
});
