/**
 * A server for tests to end in one way or another. It reports its port as `port=`, and what else it is asked to.
 * Arguments, behind the program: the number of workers, and an option.
 */
import { isMainThread, threadId } from 'node:worker_threads';

import { Covet } from '../../../src/index.ts';

const workers = Number(process.argv[3] ?? 1);
const option = process.argv[4];

function report(key: string, value: unknown): void {
  process.stdout.write(`${key}=${String(value)}\n`);
}

const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

const app = new Covet({
  limits: { handlerTimeout: 5000 },
  ...(option === 'exit' ? { onUncaught: 'exit' } : {}),
  ...(option === 'unlogged' ? { logger: false } : {}),
});
app.get('/', () => 'home');
app.get('/who', () => threadId);
app.get('/slow', () => sleep(200).then(() => 'slow'));
app.get('/later', () => {
  setTimeout(() => {
    throw new Error('thrown in a timer, after the answer');
  }, 5);
  return 'answered';
});
app.get('/unawaited', () => {
  void Promise.reject(new Error('a promise that nobody awaits'));
  return 'answered';
});
app.get('/crash', () => {
  if (isMainThread) return 'not here';
  setTimeout(() => {
    throw new Error('the thread fails');
  }, 5);
  return 'crashing';
});
app.get('/close', () => {
  setTimeout(() => {
    void app.close().then(() => report('closed', threadId));
  }, 5);
  return 'closing';
});
app.get('/exit', () => {
  setTimeout(() => process.exit(5), 5);
  return 'exiting';
});
app.onClose(() => report('onClose', threadId));
if (option === 'differ' && !isMainThread) app.get('/only-on-workers', () => 'x');

try {
  const { port } = await app.listen({ port: 0, workers });
  if (isMainThread) report('port', port);
} catch (error) {
  report('failed', error);
  process.exitCode = 1;
}
