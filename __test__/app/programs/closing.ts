/**
 * A server that tells what happens at its end, one line `key=value` each. Its grace is short, so that what has no end is cut
 * off. Arguments, behind the program: `endless` for a task without an end, `threads` for three threads.
 */
import { isMainThread, threadId } from 'node:worker_threads';

import { Covet, Depends, reply } from '../../../src/index.ts';

const grace = 1000;
const option = process.argv[3];

function report(key: string, value: unknown): void {
  process.stdout.write(`${key}=${String(value)}\n`);
}

const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

class Store {
  [Symbol.dispose](): void {
    report('trail', 'dispose');
  }
}
const getStore = Depends(() => new Store(), { scope: 'singleton' });

const app = new Covet({ logger: { level: 'error' } });
app.get('/ready', { deps: { store: getStore } }, () => (app.isClosing ? reply(503, 'closing') : 'ready'));
app.get('/who', () => threadId);
app.get('/task', ({ afterResponse }) => {
  afterResponse(async () => {
    report('task', 'begun');
    await (option === 'endless' ? new Promise(() => undefined) : sleep(500));
    report('trail', 'task');
  });
  return 'answered';
});
app.get('/slow', async () => {
  await sleep(600);
  report('trail', 'answer');
  return 'slow';
});
app.onClosing(async () => {
  report('trail', 'closing');
  // Long enough for a test to ask every thread.
  await sleep(option === 'threads' ? 2000 : 300);
  report('trail', 'closed to new ones');
});
app.onClose(() => report('trail', 'close 1'));
app.onClose(() => report('trail', 'close 2'));

const signals = option === 'endless' ? [] : (['SIGTERM', 'SIGINT'] as const);
const { port } = await app.listen({ port: 0, signals, workers: option === 'threads' ? 3 : 1 });
if (option === 'endless') process.once('SIGTERM', () => void app.close(grace));
if (isMainThread) report('port', port);
