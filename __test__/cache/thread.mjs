/** A thread with a memory of its own of a cache that other threads have, too. */
import { parentPort, workerData } from 'node:worker_threads';

import { register } from 'tsx/esm/api';

register();
const { createCache } = await import('../../src/cache/index.ts');
const cache = createCache({ prefix: workerData.prefix, logger: false });

/** @param {string} what */
async function answer(what) {
  if (what === 'set') await cache.set('a', 1);
  if (what === 'tag') await cache.deleteByTag('x');
  parentPort?.postMessage(what === 'entries' ? cache.stats().entries : what);
}

parentPort?.on('message', (what) => void answer(what));
