/** A body's stream is one of the platform's: whatever is done with it comes out as with a plain `ReadableStream`. */
import { setTimeout as sleep } from 'node:timers/promises';

import test from 'ava';

import { ByteStream } from '../../src/internal/byte-stream.ts';
import type { ByteSource } from '../../src/internal/byte-stream.ts';

interface Script {
  readonly source: ByteSource;
  /** What the source was asked. */
  readonly calls: string[];
}

/** A source of three pieces: at once, late, at once; then the end, or an error. */
function script(end: 'end' | 'throw' | 'reject'): Script {
  const calls: string[] = [];
  let count = 0;
  let isCancelled = false;
  const read = (): Uint8Array | undefined | Promise<Uint8Array | undefined> => {
    calls.push('read');
    count += 1;
    if (isCancelled) return undefined;
    if (count === 2) return sleep(5).then(() => Uint8Array.of(2));
    if (count <= 3) return Uint8Array.of(count);
    if (end === 'end') return undefined;
    if (end === 'throw') throw new Error('broken');
    return Promise.reject(new Error('broken'));
  };
  const cancel = (): void => {
    isCancelled = true;
    calls.push('cancel');
  };
  return { source: { read, cancel }, calls };
}

function plain(source: ByteSource): ReadableStream<Uint8Array> {
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        const bytes = await source.read();
        if (bytes === undefined) controller.close();
        else controller.enqueue(bytes);
      },
      cancel: () => source.cancel(),
    },
    { highWaterMark: 0 },
  );
}

type Use = (stream: ReadableStream<Uint8Array>, seen: unknown[]) => Promise<unknown>;

const uses: Record<string, Use> = {
  'a loop to the end': async (stream, seen) => {
    for await (const [piece] of stream) seen.push(piece, stream.locked);
    seen.push(stream.locked);
  },
  'two loops': async (stream, seen) => {
    for await (const [piece] of stream) seen.push(piece);
    for await (const [piece] of stream) seen.push(piece);
  },
  'a loop that is left': async (stream, seen) => {
    for await (const [piece] of stream) {
      seen.push(piece);
      if (piece === 2) break;
    }
    seen.push(stream.locked);
    for await (const [piece] of stream) seen.push(piece);
  },
  'a loop that is left, and another': async (stream, seen) => {
    for await (const [piece] of stream.values({ preventCancel: true })) {
      seen.push(piece);
      break;
    }
    for await (const [piece] of stream) seen.push(piece);
  },
  'a loop that throws': async (stream, seen) => {
    for await (const [piece] of stream) {
      seen.push(piece);
      throw new Error('enough');
    }
  },
  'calls that do not wait for each other': async (stream, seen) => {
    const loop = stream.values();
    const results = await Promise.all([loop.next(), loop.next(), loop.next(), loop.return!(), loop.next()]);
    seen.push(...results.map(({ done, value }) => [done, value?.[0]]));
  },
  'calls behind the end': async (stream, seen) => {
    const loop = stream[Symbol.asyncIterator]();
    for (let turn = 0; turn < 5; turn++) {
      const { done, value } = await loop.next();
      seen.push([done, value?.[0]]);
    }
    seen.push(await loop.return!());
  },
  'a reader, then a loop': async (stream, seen) => {
    const reader = stream.getReader();
    seen.push((await reader.read()).value?.[0]);
    reader.releaseLock();
    for await (const [piece] of stream) seen.push(piece);
  },
  'a reader that gives up while it waits, then a loop': async (stream, seen) => {
    const reader = stream.getReader();
    await reader.read();
    const given = reader.read().catch((error: Error) => error.name);
    reader.releaseLock();
    seen.push(await given);
    for await (const [piece] of stream) seen.push(piece);
  },
  'a loop over a locked stream': async (stream) => {
    stream.getReader();
    for await (const piece of stream) throw new Error(`there was ${piece[0]}`);
  },
  'a cancelled stream': async (stream, seen) => {
    await stream.cancel();
    for await (const [piece] of stream) seen.push(piece);
  },
  'two branches': async (stream, seen) => {
    const [one, other] = stream.tee();
    for await (const [piece] of one) seen.push(piece);
    for await (const [piece] of other) seen.push(piece);
  },
  'a response': async (stream, seen) => {
    seen.push([...new Uint8Array(await new Response(stream).arrayBuffer())]);
  },
};

for (const end of ['end', 'throw', 'reject'] as const) {
  for (const [name, use] of Object.entries(uses)) {
    test(`${name}, of a source that comes to its ${end}`, async (t) => {
      const run = async (open: (source: ByteSource) => ReadableStream<Uint8Array>): Promise<unknown> => {
        const { source, calls } = script(end);
        const seen: unknown[] = [];
        const outcome = await use(open(source), seen).catch((error: Error) => error.message);
        return { seen, calls, outcome };
      };
      t.deepEqual(await run((source) => new ByteStream(source)), await run(plain));
    });
  }
}
