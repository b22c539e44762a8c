/** Uses a database, closes it at SIGTERM and has nothing else to do then. */
import { setTimeout as sleep } from 'node:timers/promises';

import { openDatabase, sql } from '../../../src/data/index.ts';

const db = await openDatabase({ url: process.argv[3]!, poolSize: 3, silenceTimeout: 500 });
await Promise.all([1, 2, 3].map(() => db.query(sql`select pg_sleep(0.05)`)));
const stop = await db.listen('news', { onNotification: () => {}, onLost: () => {} });
const told = new Promise<void>((resolve) => process.once('SIGTERM', () => resolve()));
process.stdout.write('ready=yes\n');
await told;
const waiting = db.query(sql`select 1`).catch((error: unknown) => error);
await sleep(50);
const [error] = await Promise.all([waiting, stop(), db.close()]);
process.stdout.write(`closed=${(error as { code?: string }).code}\n`);
