/** What else in a request asks the database takes part in the request's transaction. */
import { setTimeout as sleep } from 'node:timers/promises';

import { z } from 'zod';

import { checkedBody, exists, sql, tx, type Database } from '../../src/data/index.ts';
import { Depends, Header, HttpError } from '../../src/index.ts';
import type { Dep } from '../../src/types/injectable.ts';
import { onBothInRequests, type RequestSetting } from './request-setting.ts';

const onBoth = onBothInRequests();

/** Who asks, by a query of the request's transaction: which has begun before anything else runs. */
function userOf({ getDb, table }: RequestSetting): Dep<string> {
  return Depends({ tx: tx(getDb), name: Header('x-user') }, async ({ tx: own, name }) => {
    const found = await own.maybeOne(sql<{ name: string }>`select name from ${table} where name = ${name}`);
    if (found === undefined) throw new HttpError(401, 'Invalid authentication');
    return found.name;
  });
}

onBoth('queries of the database are in it, before its own first one and after', async (setting) => {
  const { t, getDb, table, start } = setting;
  const insert = async (db: Database, name: string): Promise<unknown> =>
    db.execute(sql`insert into ${table} values (${name})`);
  const { get, names } = await start((app) => {
    app.get('/{fate}', { deps: { db: getDb, tx: tx(getDb) } }, async ({ db, tx: own, params: { fate } }) => {
      await insert(db, `${fate} 1`);
      await own.execute(sql`insert into ${table} values (${`${fate} 2`})`);
      await insert(db, `${fate} 3`);
      const seen = sql<{ n: number }>`select count(*)::int as n from ${table} where name like ${`${fate}%`}`;
      const counts = [await db.one(seen), await own.one(seen), await db.read.one(seen)];
      let rows = 0;
      for await (const _ of db.stream(sql`select * from ${table} where name like ${`${fate}%`}`)) rows++;
      if (fate === 'undone') throw new HttpError(418, counts.map(({ n }) => n).join());
      return { counts: counts.map(({ n }) => n), rows, inTransaction: db.isInTransaction };
    });
  });
  const undone = await get('/undone');
  t.is(undone.status, 418);
  t.like(await undone.json(), { error: { message: '3,3,3' } });
  t.deepEqual(await names(), []);
  t.deepEqual(await (await get('/done')).json(), { counts: [3, 3, 3], rows: 3, inTransaction: true });
  t.deepEqual(await names(), ['done 1', 'done 2', 'done 3']);
});

onBoth('who is authenticated by it can have a body checked by the database', async (setting) => {
  const { t, getDb, name, table, start } = setting;
  const checked = checkedBody(getDb, z.object({ friend: z.string() }), { friend: exists(name, 'name') });
  const { post, db } = await start((app) => {
    app.post(
      '/',
      { deps: { user: userOf(setting), checked, tx: tx(getDb) } },
      async ({ user, checked: { friend } }) => ({
        user,
        friend,
      }),
    );
  });
  await db.execute(sql`insert into ${table} values ('Ada'), ('Bob')`);
  const ada = { 'x-user': 'Ada' };
  t.deepEqual(await (await post('/', { friend: 'Bob' }, ada)).json(), { user: 'Ada', friend: 'Bob' });
  t.is((await post('/', { friend: 'Cid' }, ada)).status, 422);
  t.is((await post('/', { friend: 'Bob' }, { 'x-user': 'Eve' })).status, 401);
});

onBoth('who is authenticated by it can begin another, which is a savepoint of it', async (setting) => {
  const { t, getDb, table, start } = setting;
  const ran: string[] = [];
  const { get, db, names } = await start((app) => {
    app.get('/{fate}', { deps: { user: userOf(setting), db: getDb, tx: tx(getDb) } }, async (context) => {
      const { db: inside, tx: own, params } = context;
      const insert = (name: string): Promise<number> => inside.execute(sql`insert into ${table} values (${name})`);
      await inside.transaction(async (savepoint) => {
        savepoint.afterCommit(() => ran.push(params.fate));
        await insert('kept');
        // Of the outer one, asked in the inner.
        await own.execute(sql`insert into ${table} values ('kept too')`);
      });
      const failed = inside.transaction(async () => {
        await insert('undone');
        throw new Error('Only the savepoint');
      });
      await failed.catch(() => {});
      const refused = await inside
        .transaction(() => {}, { isolation: 'serializable' })
        .catch((error: Error) => error.name);
      if (params.fate === 'fail') throw new HttpError(418, 'No');
      return { refused };
    });
  });
  await db.execute(sql`insert into ${table} values ('Ada')`);
  const ada = { 'x-user': 'Ada' };
  t.is((await get('/fail', ada)).status, 418);
  t.deepEqual(await names(), ['Ada']);
  t.deepEqual(await (await get('/done', ada)).json(), { refused: 'TypeError' });
  t.deepEqual(await names(), ['Ada', 'kept', 'kept too']);
  t.deepEqual(ran, ['done']);
});

onBoth(
  'a transaction that asks both it and the database before either has begun does not wait for itself',
  async (setting) => {
    const { t, getDb, table, start } = setting;
    const { get, names } = await start((app) => {
      app.get('/', { deps: { db: getDb, tx: tx(getDb) } }, async ({ db, tx: own }) => {
        await db.transaction(() => own.execute(sql`insert into ${table} values ('a')`));
        for await (const { n } of db.stream(sql<{ n: number }>`select generate_series(1, 3)::int as n`)) {
          await own.execute(sql`insert into ${table} values (${`b${n}`})`);
        }
        return {};
      });
    });
    t.is((await get('/')).status, 200);
    t.deepEqual(await names(), ['a', 'b1', 'b2', 'b3']);
  },
);

onBoth('requests at once each see their own, and take no second connection', async (setting) => {
  const { t, engine, getDb, table, start } = setting;
  const { get, names } = await start((app) => {
    app.get('/{n:int}', { deps: { db: getDb, tx: tx(getDb) } }, async ({ db, tx: own, params: { n } }) => {
      const txid = sql<{ id: string }>`select txid_current()::text as id`;
      const ids = [(await own.one(txid)).id];
      for (let turn = 0; turn < 3; turn++) {
        await db.execute(sql`insert into ${table} values (${`${n} ${turn}`})`);
        if (turn === 1) await sleep(n % 5);
        ids.push((await db.one(txid)).id, await db.transaction(async (inner) => (await inner.one(txid)).id));
      }
      const seen = await db.query(sql<{ name: string }>`select name from ${table} where name like ${'% 0'}`);
      if (n % 2 === 1) throw new HttpError(418, 'No');
      return { id: ids[0], ids: new Set(ids).size, odd: seen.filter(({ name }) => Number.parseInt(name) % 2 === 1) };
    });
    // Asks without a transaction meanwhile.
    app.get('/count', { deps: { db: getDb } }, async ({ db }) => ({
      inTransaction: db.isInTransaction,
      odd: (await db.query(sql`select name from ${table} where name ~ '[13579] .$'`)).length,
    }));
  });
  const count = engine === 'pglite' ? 20 : 100;
  const plain = Array.from({ length: 20 }, async () => (await get('/count')).json());
  const answers = await Promise.all(
    Array.from({ length: count }, async (_, n) => {
      const answer = await get(`/${n}`);
      t.is(answer.status, n % 2 === 1 ? 418 : 200);
      return (await answer.json()) as { id: string; ids: number; odd: unknown[] };
    }),
  );
  const even = answers.filter((_, n) => n % 2 === 0);
  t.true(even.every(({ ids, odd }) => ids === 1 && odd.length === 0));
  t.is(new Set(even.map(({ id }) => id)).size, even.length);
  for (const answer of await Promise.all(plain)) t.deepEqual(answer, { inTransaction: false, odd: 0 });
  t.is((await names()).length, (count / 2) * 3);
});
