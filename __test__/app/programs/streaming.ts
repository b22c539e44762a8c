/**
 * A server whose event streams take a while to end; it tells their ends and its own, one line `trail=` each. Arguments,
 * behind the program: the number of workers, and the grace.
 */
import { isMainThread } from 'node:worker_threads';

import { z } from 'zod';

import { Covet, Depends, sse } from '../../../src/index.ts';

const workers = Number(process.argv[3] ?? 1);
const grace = Number(process.argv[4] ?? 10_000);
const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
const note = (what: string): boolean => process.stdout.write(`trail=${what}\n`);

const store = Depends(() => ({ [Symbol.dispose]: () => void note('singleton') }), { scope: 'singleton' });
const used = Depends({ store }, async function* () {
  try {
    yield 'used';
  } finally {
    note('dependency');
  }
});

const app = new Covet({ logger: { level: 'error' } });
app.get('/work', { deps: { used } }, async () => {
  note('begun');
  await sleep(3000);
  note('done');
});
app.get('/events', { deps: { used }, response: sse(z.number()) }, async function* ({ req, afterResponse }) {
  afterResponse(async () => {
    await sleep(100);
    note('task');
  });
  try {
    yield { data: 1 };
    await new Promise((resolve) => req.signal.addEventListener('abort', resolve));
    note('told');
    yield { data: 2 };
  } finally {
    await sleep(400);
    note('finally');
  }
});

const { port } = await app.listen({ port: 0, workers, grace });
if (isMainThread) process.stdout.write(`port=${port}\n`);
