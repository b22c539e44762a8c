/** Runs the example: `npm start`. */
import { createApp } from './app.ts';
import { getDatabase } from './database.ts';
import { seedAdmin } from './seed-admin.ts';
import { LogLevel, Settings } from './settings.ts';

const app = createApp({ logger: { level: LogLevel.parse(process.env['LOG_LEVEL']) } });
const { HOST, PORT, DATABASE_URL, DATA_DIR, REDIS_URL } = await app.resolve(Settings);
const { url } = await app.listen({ host: HOST, port: PORT });

console.log(`\nThe blog listens on ${url}`);
if (DATABASE_URL !== undefined) console.log('Data: the PostgreSQL server of DATABASE_URL');
else console.log(`Data: PGlite in this process, ${DATA_DIR === undefined ? 'in memory' : `in ${DATA_DIR}`}`);
console.log(
  REDIS_URL === undefined ? 'Jobs and cache: in this process' : 'Jobs and cache: the Redis server of REDIS_URL',
);

if (process.env['NODE_ENV'] !== 'production') {
  const token = await seedAdmin(await app.resolve(getDatabase));
  console.log(`
Try it:

  curl ${url}/api/users
  curl ${url}/api/v1/admin/users -H 'authorization: Bearer ${token}'
`);
}
