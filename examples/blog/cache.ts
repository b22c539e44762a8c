/** What is kept so as not to be asked for again: in this process's memory, and by `REDIS_URL` in Redis for all processes. */
import { Depends, Injector, Log } from 'covet';
import { cache } from 'covet/cache';
import { redis } from 'covet/redis';

import { Settings } from './settings.ts';

const openedRedis = redis('main', { settings: Settings, log: Log }, ({ settings, log }) => ({
  url: settings.REDIS_URL,
  logger: log,
}));

/** Redis, where there is one. */
const getRedis = Depends(
  { settings: Settings, injector: Injector },
  async ({ settings, injector }) =>
    settings.REDIS_URL === undefined ? undefined : await injector.resolve(openedRedis),
  { scope: 'singleton', name: 'getRedis' },
);

export const getCache = cache(
  'main',
  { settings: Settings, redis: getRedis, log: Log },
  ({ settings, redis, log }) => ({ prefix: `${settings.REDIS_PREFIX}cache:`, redis, logger: log }),
);
