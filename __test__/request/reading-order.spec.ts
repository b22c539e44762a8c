/** What may follow what when a body is read, and when: the same for one that is there and one that is still on its way. */
import test from 'ava';

import type { Covet, CovetRequest, Middleware } from '../../src/index.ts';
import { file } from '../../src/index.ts';
import { exchange } from '../helpers/raw-connection.ts';
import { serve } from '../helpers/serve.ts';
import { formBody, post, postHead } from '../upload/form-body.ts';

/** Bytes of a file: with one the body is read before its handler is asked, with the other in pieces. */
const sizes = [1000, 200_000];

async function readParts(req: CovetRequest): Promise<number> {
  let bytes = 0;
  for await (const part of req.parts()) bytes += part.kind === 'file' ? (await part.bytes()).byteLength : 0;
  return bytes;
}

async function readStream(req: CovetRequest): Promise<number> {
  let bytes = 0;
  for await (const piece of req.stream) bytes += piece.byteLength;
  return bytes;
}

type Read = (req: CovetRequest) => Promise<number>;

/** Ways to read a form of one field and one file; each gives bytes: of the whole, of the file, or of the field. */
const ways: Record<string, Read> = {
  bytes: async (req) => (await req.bytes()).byteLength,
  text: async (req) => (await req.text()).length,
  stream: readStream,
  files: async (req) => (await req.files())['doc']![0]!.size,
  form: async (req) => String((await req.form())['title']).length,
  formData: async (req) => ((await req.formData()).get('doc') as File).size,
  parts: readParts,
  toWeb: async (req) => (await req.toWeb().arrayBuffer()).byteLength,
};

/** What each way allows after it. */
const allowed: Record<string, readonly string[]> = {
  bytes: ['bytes', 'text', 'stream', 'files', 'form', 'formData', 'parts', 'toWeb'],
  text: ['bytes', 'text', 'stream', 'files', 'form', 'formData', 'parts', 'toWeb'],
  // Another time it is the same stream, which has come to its end.
  stream: [],
  files: ['files', 'form', 'formData'],
  form: ['form'],
  formData: ['files', 'form', 'formData'],
  parts: [],
  // Another time it is the same request, which has been read.
  toWeb: [],
};

for (const first of Object.keys(ways)) {
  test(`after ${first} the same may follow, whatever the size`, async (t) => {
    const { port } = await serve(t, (app) => {
      app.post('/{second}', { bodyLimit: 1_000_000 }, async ({ req, params }) => {
        await ways[first]!(req);
        try {
          return { read: await ways[params.second]!(req) };
        } catch (error) {
          return { refused: (error as Error).message };
        }
      });
    });
    for (const second of Object.keys(ways).filter((way) => way !== first || !['stream', 'toWeb'].includes(way))) {
      for (const size of sizes) {
        const body = formBody([
          { name: 'title', data: 'four' },
          { name: 'doc', filename: 'n', data: Buffer.alloc(size, 'x') },
        ]);
        const { status, json } = await post(port, `/${second}`, body);
        t.is(status, 200, `${first}, ${second}, ${size}`);
        const whole = ['bytes', 'text', 'stream', 'toWeb'].includes(second) ? body.byteLength : size;
        if (allowed[first]!.includes(second)) {
          t.deepEqual(json(), { read: second === 'form' ? 4 : whole }, `${first}, ${second}, ${size}`);
        } else t.regex(json().refused, /^The (?:body|form) (?:is|was) read/, `${first}, ${second}, ${size}`);
      }
    }
  });
}

test('middleware that looks at the bytes leaves the files to their route', async (t) => {
  const seen: number[] = [];
  const sign: Middleware = async ({ req }, next) => {
    seen.push((await req.bytes()).byteLength);
    return next();
  };
  const { port } = await serve(t, (app) => {
    app.post('/', { files: { doc: file() }, middleware: [sign] }, ({ files }) => files.doc.size);
  });
  for (const size of sizes) {
    const body = formBody([{ name: 'doc', filename: 'n', data: Buffer.alloc(size) }]);
    t.is((await post(port, '/', body)).text(), `${size}`);
    t.is(seen.pop(), body.byteLength);
  }
});

for (const [name, read] of Object.entries(ways)) {
  test(`a body may be read by ${name} once the answer has begun, whatever its size`, async (t) => {
    const register = (app: Covet): void => {
      app.post('/', { bodyLimit: 1_000_000 }, async function* ({ req }) {
        yield 'begun ';
        yield `${await read(req)}`;
      });
      // Read before it, and then again.
      app.post('/twice', { bodyLimit: 1_000_000 }, async function* ({ req }) {
        yield `${(await req.bytes()).byteLength} `;
        yield `${await read(req)}`;
      });
      app.post('/other', ({ req }) => req.text());
    };
    const { port } = await serve(t, register, { limits: { maxInFlight: 1 } });
    for (const size of [5, ...sizes]) {
      const body = formBody([
        { name: 'title', data: 'four' },
        { name: 'doc', filename: 'n', data: Buffer.alloc(size, 'x') },
      ]);
      const isWhole = ['bytes', 'text', 'stream', 'toWeb'].includes(name);
      const length = isWhole ? body.byteLength : name === 'form' ? 4 : size;
      t.is((await post(port, '/', body)).text(), `begun ${length}`, `${size}`);
      t.is((await post(port, '/twice', body)).text(), `${body.byteLength} ${length}`, `${size}`);
    }
    t.is((await exchange(port, `${postHead('/other', 2)}ab`)).text(), 'ab');
  });
}

test('a web request that is not read takes nothing from the other readers', async (t) => {
  const { port } = await serve(t, (app) => {
    app.post('/{second}', { bodyLimit: 1_000_000 }, async ({ req, params }) => {
      const web = req.toWeb();
      const length = await ways[params.second]!(req);
      const after = await web.text().then(
        ({ length }) => length,
        (error: Error) => error.message,
      );
      return { length, after, isSame: req.toWeb() === web };
    });
  });
  for (const second of Object.keys(ways).filter((way) => way !== 'toWeb')) {
    for (const size of sizes) {
      const body = formBody([
        { name: 'title', data: 'four' },
        { name: 'doc', filename: 'n', data: Buffer.alloc(size, 'x') },
      ]);
      const { length, after, isSame } = (await post(port, `/${second}`, body)).json();
      t.true(length >= 4 && isSame, `${second}, ${size}`);
      if (allowed[second]!.includes('toWeb')) t.is(after, body.byteLength, `${second}, ${size}`);
      else t.regex(after, /^The body is read as/, `${second}, ${size}`);
    }
  }
});

test('an empty body may be read once the answer has begun', async (t) => {
  const { port } = await serve(t, (app) => {
    app.post('/', async function* ({ req }) {
      yield 'begun ';
      yield JSON.stringify([await req.text(), (await req.bytes()).byteLength, await readStream(req)]);
    });
  });
  t.is((await exchange(port, postHead('/', 0))).text(), 'begun ["",0,0]');
});
