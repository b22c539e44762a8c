/** Work that no response waits for: kept in Redis by `REDIS_URL`, else in this process. */
import { Depends } from 'covet';
import { bullJobs, jobs, memoryJobs, outbox } from 'covet/jobs';

import { getDatabase } from './database.ts';
import { Settings } from './settings.ts';
import { SendWelcome } from './users/send-welcome.ts';

const driver = Depends(
  { settings: Settings },
  ({ settings: { REDIS_URL, REDIS_PREFIX } }) =>
    REDIS_URL === undefined ? memoryJobs() : bullJobs({ url: REDIS_URL, prefix: `${REDIS_PREFIX}jobs` }),
  { scope: 'singleton', name: 'jobDriver' },
);

/** Jobs added in a transaction: they leave for the queue when it commits. */
export const getOutbox = outbox(getDatabase);

export const getQueue = jobs({ handlers: [SendWelcome], driver, outbox: getOutbox });
