import { cache } from '../../../../dist/cache/index.js';
import { database, sql, tx } from '../../../../dist/data/index.js';
import { Covet, HttpError } from '../../../../dist/index.js';
import { announce } from '../control.ts';
import { PageBody, PageQuery, UpdatedBody, UserBody } from './contract.ts';
import { cacheTtl, databaseUrl, poolSize, takeRows } from './fixtures.ts';
import type { User } from './fixtures.ts';

const getDatabase = database('main', { url: databaseUrl(), poolSize, maxOverflow: 0 });
const getTransaction = tx(getDatabase);
// All who ask get the same object, as from the caches of the others; by default each would have one of its own.
const getCache = cache('main', { ttl: cacheTtl, values: 'frozen' });

const app = new Covet({ logger: false });

app.get('/users/{id:int}', { deps: { db: getDatabase }, response: UserBody }, async ({ db, params }) => {
  const user = await db.maybeOne(
    sql<User>`select id, name, email, city, balance, visits, active from users where id = ${params.id}`,
  );
  if (user === undefined) throw new HttpError(404, 'User not found');
  return user;
});

app.get('/users', { deps: { db: getDatabase }, query: PageQuery, response: PageBody }, async ({ db, query }) => ({
  users: await db.query(
    sql<User>`select id, name, email, city, balance, visits, active from users where id > ${query.after} order by id limit 20`,
  ),
}));

app.get('/cached/{id:int}', { deps: { cache: getCache, db: getDatabase }, response: UserBody }, (needs) => {
  const { cache, db, params } = needs;
  return cache.getOrSet(['user', params.id], () =>
    db.one(
      sql<User>`select id, name, email, city, balance, visits, active from users where id = ${params.id} and nextval('loads') is not null`,
    ),
  );
});

app.post('/updates', { deps: { tx: getTransaction }, response: UpdatedBody }, async ({ tx }) => {
  let updated = 0;
  for (const id of takeRows()) {
    updated += await tx.execute(sql`update counters set visits = visits + 1 where id = ${id}`);
  }
  return { updated };
});

const { port } = await app.listen({ port: 0, host: '127.0.0.1' });
announce(port);
