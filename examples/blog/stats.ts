/** How much there is: numbers for a front page, which many ask for and nobody needs to the second. */
import { Depends, type Covet, type MiddlewareFunction } from 'covet';
import { cached, cacheResponses } from 'covet/cache';
import { notDeleted, sql } from 'covet/data';
import { z } from 'zod';

import { getCache } from './cache.ts';
import { getDatabase } from './database.ts';

const Stats = z.object({ users: z.int(), posts: z.int() });

/** Counts, once a minute; when that fails, the last numbers will do for ten more. */
const getCount = Depends(
  { cache: getCache, db: getDatabase },
  ({ cache, db }) =>
    cached(
      async function countAll() {
        return db.one(sql.type(Stats)`
          select (select count(*)::int from users where ${notDeleted()}) as users,
            (select count(*)::int from posts) as posts`);
      },
      { cache, ttl: 60, grace: 600 },
    ),
  { scope: 'singleton', name: 'getCount' },
);

/** Adds `GET /api/stats`, whose answer is kept for ten seconds, with an `ETag`. */
export function addStats(app: Covet): void {
  const kept: MiddlewareFunction = async (context, next) =>
    cacheResponses({ cache: await app.resolve(getCache), ttl: 10 })(context, next);

  app.get(
    '/api/stats',
    { summary: 'Count users and posts', response: Stats, deps: { count: getCount }, middleware: [kept] },
    ({ count }) => count(),
  );
}
