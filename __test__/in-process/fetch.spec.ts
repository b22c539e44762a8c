/** `app.fetch`: streams both ways, and everybody who may leave before the end. */
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

import test from 'ava';
import type { ExecutionContext } from 'ava';

import { Covet } from '../../src/index.ts';
import { createGate, sleep, until } from '../helpers/serve.ts';

const MIB = 1024 * 1024;

function makeApp(t: ExecutionContext, register: (app: Covet) => unknown): Covet {
  const app = new Covet({ logger: false, limits: { bodyLimit: 1024 * MIB, minBodyRate: 0 } });
  t.teardown(() => app.close(0));
  register(app);
  return app;
}

const post = (url: string, body: string | ReadableStream<Uint8Array>, init: RequestInit = {}): Request =>
  new Request(`http://a${url}`, { method: 'POST', body, duplex: 'half', ...init });

const toText = ({ value }: { value?: Uint8Array | undefined }): string => Buffer.from(value!).toString();

/** Waits with the process held: once the client has gone, nothing else does that. */
async function held<T>(promise: Promise<T>): Promise<T> {
  const timer = setInterval(() => undefined, 1000);
  return promise.finally(() => clearInterval(timer));
}

/** A body that is filled by hand. */
function createBody(): { readonly stream: ReadableStream<Uint8Array>; send(text: string): void; end(): void } {
  let controller!: ReadableStreamDefaultController<Uint8Array>;
  const stream = new ReadableStream<Uint8Array>({ start: (given) => void (controller = given) });
  return {
    stream,
    send: (text) => controller.enqueue(Buffer.from(text)),
    end: () => controller.close(),
  };
}

test('both bodies stream at once', async (t) => {
  const app = makeApp(t, (made) => made.post('/echo', ({ req }) => req.stream));
  const body = createBody();
  body.send('one');
  const response = await app.fetch(post('/echo', body.stream));
  const reader = response.body!.getReader();
  const next = async (): Promise<string> => toText(await reader.read());
  t.is(await next(), 'one');
  body.send('two');
  t.is(await next(), 'two');
  body.end();
  t.true((await reader.read()).done);
});

test('what a handler has not read when it has answered is not asked for', async (t) => {
  const app = makeApp(t, (made) => made.post('/', () => 'enough'));
  let isCancelled = false;
  const body = new ReadableStream<Uint8Array>({
    pull: (controller) => controller.enqueue(new Uint8Array(65_536)),
    cancel: () => void (isCancelled = true),
  });
  const response = await app.fetch(post('/', body));
  t.is(await response.text(), 'enough');
  t.true(await until(() => isCancelled), 'the source of the request is let go');
});

for (const way of ['fetch', 'inject'] as const) {
  test(`${way}: abort after the head breaks the body off with the reason, and ends the source`, async (t) => {
    const ended = createGate();
    const told = createGate<unknown>();
    const app = makeApp(t, (made) =>
      made.get('/', async function* ({ req }) {
        req.signal.addEventListener('abort', () => told.open(req.signal.reason));
        try {
          for (;;) {
            yield 'tick';
            await sleep(5);
          }
        } finally {
          ended.open();
        }
      }),
    );
    const abort = new AbortController();
    const { signal } = abort;
    const response = way === 'fetch' ? await app.fetch(new Request('http://a/', { signal })) : undefined;
    const stream = response?.body ?? (await app.inject({ url: '/', signal })).stream();
    const reader = stream.getReader();
    t.is(toText(await reader.read()).slice(0, 4), 'tick');
    const reason = new Error('enough');
    abort.abort(reason);
    const failed = (async () => {
      while (!(await reader.read()).done);
    })();
    t.is(await t.throwsAsync(failed), reason);
    await held(ended.promise);
    t.is(((await held(told.promise)) as Error).name, 'AbortError');
  });
}

test('a request that is aborted already reaches no handler', async (t) => {
  let calls = 0;
  const app = makeApp(t, (made) => made.get('/', () => ++calls));
  const reason = new Error('too late');
  const request = new Request('http://a/', { signal: AbortSignal.abort(reason) });
  t.is(await t.throwsAsync(app.fetch(request)), reason);
  t.is(await t.throwsAsync(app.inject({ url: '/', signal: AbortSignal.abort(reason) })), reason);
  t.is(await (await app.inject('/')).text(), '1');
});

test('the sender’s signal holds when nobody holds the Request any more', async (t) => {
  const told = createGate();
  const app = makeApp(t, (made) =>
    made.get('/', async function* ({ req }) {
      req.signal.addEventListener('abort', () => told.open());
      yield 'first';
      await told.promise;
    }),
  );
  const abort = new AbortController();
  const response = await app.fetch(new Request('http://a/', { signal: abort.signal }));
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  for (let turn = 0; turn < 5; turn++) {
    await sleep(1);
    collect();
  }
  abort.abort();
  await t.throwsAsync(response.text(), { any: true });
  await held(told.promise);
  t.pass();
});

test('abort while the body is sent cancels it, and the handler cannot read on', async (t) => {
  const read = createGate();
  const failed = createGate<unknown>();
  const app = makeApp(t, (made) =>
    made.post('/', async ({ req }) => {
      try {
        for await (const _ of req.stream) read.open();
      } catch (error) {
        failed.open(error);
        throw error;
      }
      failed.open(undefined);
    }),
  );
  const abort = new AbortController();
  let reason: unknown;
  const body = new ReadableStream<Uint8Array>({
    start: (controller) => controller.enqueue(new Uint8Array(100_000)),
    cancel: (given) => void (reason = given),
  });
  const asked = app.fetch(post('/', body, { signal: abort.signal }));
  await read.promise;
  const why = new Error('enough');
  abort.abort(why);
  t.is(await t.throwsAsync(asked), why);
  t.true((await held(failed.promise)) instanceof Error);
  t.true(await until(() => reason !== undefined), 'the body is cancelled');
});

test('a body that fails fails the request with its error', async (t) => {
  const app = makeApp(t, (made) => made.post('/', async ({ req }) => (await req.bytes()).byteLength));
  const failure = new Error('no more');
  const body = new ReadableStream<Uint8Array>({
    start: (controller) => controller.enqueue(new Uint8Array(10)),
    pull: (controller) => controller.error(failure),
  });
  t.is(await t.throwsAsync(app.fetch(post('/', body))), failure);
});

test('a body that was read before is refused, and so is one that somebody reads', async (t) => {
  let calls = 0;
  const app = makeApp(t, (made) => made.post('/', () => ++calls));
  const used = post('/', 'text');
  await used.text();
  await t.throwsAsync(app.fetch(used), { instanceOf: TypeError, message: /body .*was read already.*clone\(\)/ });
  const locked = post('/', 'text');
  const reader = locked.body!.getReader();
  await t.throwsAsync(app.fetch(locked), { instanceOf: TypeError, message: /body .*was read already.*clone\(\)/ });
  reader.releaseLock();
  t.is(await (await app.fetch(locked)).text(), '1');
});

test('a response whose body is cancelled frees its source', async (t) => {
  let open = 0;
  const app = makeApp(t, (made) =>
    made.get('/', async function* () {
      open += 1;
      try {
        for (;;) {
          yield new Uint8Array(65_536);
          await sleep(1);
        }
      } finally {
        open -= 1;
      }
    }),
  );
  const responses = await Promise.all(Array.from({ length: 20 }, () => app.fetch(new Request('http://a/'))));
  t.is(open, 20);
  await Promise.all(
    responses.map(async ({ body }, index) => {
      // Some have been read a little before.
      if (index % 2 === 0) return body!.cancel();
      const reader = body!.getReader();
      await reader.read();
      return reader.cancel('enough');
    }),
  );
  t.true(await until(() => open === 0), 'every source has ended');
});

test.serial('a reader that takes its time slows the handler', async (t) => {
  let made = 0;
  const app = makeApp(t, (own) =>
    own.get('/', async function* () {
      for (; made < 64 * MIB; made += MIB) yield new Uint8Array(MIB);
    }),
  );
  const response = await app.fetch(new Request('http://a/'));
  await sleep(300);
  t.true(made <= 8 * MIB, `${made} bytes were made for nobody`);
  let size = 0;
  for await (const piece of response.body!) size += piece.byteLength;
  t.is(size, 64 * MIB);
});

test.serial('a handler that takes its time slows the request', async (t) => {
  const go = createGate();
  const app = makeApp(t, (own) =>
    own.post('/', async ({ req }) => {
      await go.promise;
      let size = 0;
      for await (const piece of req.stream) size += piece.byteLength;
      return { size };
    }),
  );
  let made = 0;
  const body = new ReadableStream<Uint8Array>({
    pull(controller) {
      if (made === 64 * MIB) return controller.close();
      made += MIB;
      controller.enqueue(new Uint8Array(MIB));
    },
  });
  const asked = app.fetch(post('/', body));
  await sleep(300);
  t.true(made <= 8 * MIB, `${made} bytes were asked for early`);
  go.open();
  t.deepEqual(await (await asked).json(), { size: 64 * MIB });
});

for (const way of ['fetch', 'inject'] as const) {
  for (const kind of ['bytes', 'stream'] as const) {
    test.serial(
      `${way}: a large response of ${kind} that nobody reads holds the close no longer than its grace`,
      async (t) => {
        const app = makeApp(t, (own) =>
          own.get('/', () =>
            kind === 'bytes'
              ? new Uint8Array(50 * MIB)
              : (async function* () {
                  for (let n = 0; n < 50; n++) yield new Uint8Array(MIB);
                })(),
          ),
        );
        const response = way === 'fetch' ? await app.fetch(new Request('http://a/')) : await app.inject('/');
        const began = performance.now();
        await app.close(300);
        const took = performance.now() - began;
        t.true(took < 2000, `${took} ms`);
        const read =
          way === 'fetch'
            ? (response as Response).arrayBuffer()
            : (response as { bytes(): Promise<Uint8Array> }).bytes();
        // Cut off, or whole as it had come before; never a part for the whole.
        const size = await read.then(
          ({ byteLength }) => byteLength,
          () => undefined,
        );
        t.true(size === undefined || size === 50 * MIB, String(size));
      },
    );
  }
}

test('a response that is read in time is whole, although the application closes', async (t) => {
  const app = makeApp(t, (own) => own.get('/', () => new Uint8Array(20 * MIB)));
  const response = await app.fetch(new Request('http://a/'));
  const closed = app.close(10_000);
  await sleep(50);
  t.is((await response.arrayBuffer()).byteLength, 20 * MIB);
  await closed;
});
