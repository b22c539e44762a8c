/** Rules of the database on inputs: one statement, after the schema, the same 422. */
import ava from 'ava';
import { z } from 'zod';

import {
  checkRules,
  checkedBody,
  database,
  exists,
  sql,
  tx,
  unique,
  type Database,
  type Sql,
} from '../../src/data/index.ts';
import { ValidationError } from '../../src/index.ts';
import { serve } from '../helpers/serve.ts';
import { onBothEngines, tableName } from './both-engines.ts';

const test = onBothEngines();

async function createTables(db: Database): Promise<{ users: string; teams: string }> {
  const [users, teams] = [tableName(), tableName()];
  await db.execute(sql`create table ${sql.id(users)} (id int primary key, email text unique, tenant int)`);
  await db.execute(sql`create table ${sql.id(teams)} (id int primary key)`);
  await db.execute(sql`insert into ${sql.id(users)} values (1, 'ada@example.com', 1)`);
  await db.execute(sql`insert into ${sql.id(teams)} values (1), (2)`);
  return { users, teams };
}

async function faultsOf(run: Promise<void>): Promise<unknown> {
  try {
    await run;
    return [];
  } catch (error) {
    if (error instanceof ValidationError) return error.fieldErrors.map(({ field, code }) => [field, code]);
    throw error;
  }
}

test('all rules of all fields, in one statement', async (t, db) => {
  const { users, teams } = await createTables(db);
  const rules = { email: unique(users, 'email'), 'team.id': exists(teams, 'id'), ids: exists(teams, 'id') };
  const check = (value: object): Promise<unknown> => faultsOf(checkRules(db, value, rules));
  t.deepEqual(await check({ email: 'ada@example.com', team: { id: 7 }, ids: [1, 8, 2, 9] }), [
    ['email', 'unique'],
    ['team.id', 'exists'],
    ['ids.1', 'exists'],
    ['ids.3', 'exists'],
  ]);
  t.deepEqual(await check({ email: 'bob@example.com', team: { id: 1 }, ids: [] }), []);
  t.deepEqual(await check({ email: null, team: {} }), []);
  t.deepEqual(await check({}), []);
  t.deepEqual(await check({ team: { id: 3_000_000_000 } }), [['team.id', 'invalid']]);
  await t.throwsAsync(check({ email: 'x', team: { id: 3_000_000_000 } }), { code: 'UNPROCESSABLE_CONTENT' });
  t.deepEqual(await check({ ids: Array.from({ length: 1001 }, () => 1) }), [['', 'too_big']]);
});

test('conditions, messages and places are those given; values stay values', async (t, db) => {
  const { users } = await createTables(db);
  const where = (condition: Sql): Promise<unknown> =>
    faultsOf(checkRules(db, { email: 'ada@example.com' }, { email: unique(users, 'email', { where: condition }) }));
  t.deepEqual(await where(sql`id <> ${1}`), []);
  t.deepEqual(await where(sql`tenant = ${1} or false`), [['email', 'unique']]);
  t.deepEqual(await faultsOf(checkRules(db, { email: "' or 1=1 --" }, { email: unique(users, 'email') })), []);
  const rule = unique(`public.${users}`, 'email', { message: 'In use' });
  const error = await t.throwsAsync(checkRules(db, { email: 'ada@example.com' }, { email: rule }, { in: 'query' }), {
    instanceOf: ValidationError,
  });
  t.deepEqual(error?.fieldErrors, [
    { field: 'email', message: 'In use', code: 'unique', in: 'query', pointer: '/email' },
  ]);
});

ava('a checked body: faults of the schema first, then those of the database, then the handler', async (t) => {
  const getDatabase = database();
  const NewUser = z.object({ email: z.email(), team_id: z.int() });
  const newUser = checkedBody(getDatabase, NewUser, {
    email: unique('users', 'email'),
    team_id: exists('teams', 'id'),
  });
  const { url, app } = await serve(t, (app) =>
    app.post('/users', { deps: { user: newUser, tx: tx(getDatabase) } }, async ({ user, tx: inTx }) =>
      inTx.one(sql`insert into users ${sql.values(user)} returning email`),
    ),
  );
  const db = await app.resolve(getDatabase);
  await db.execute(sql`create table teams (id int primary key)`);
  await db.execute(sql`create table users (email text primary key, team_id int)`);
  await db.execute(sql`insert into teams values (1)`);
  const post = async (body: object): Promise<{ status: number; body: unknown }> => {
    const headers = { 'content-type': 'application/json' };
    const answer = await fetch(`${url}/users`, { method: 'POST', body: JSON.stringify(body), headers });
    return { status: answer.status, body: await answer.json() };
  };
  t.deepEqual(await post({ email: 'ada@example.com', team_id: 1 }), {
    status: 200,
    body: { email: 'ada@example.com' },
  });
  const basic = await post({ email: 'no', team_id: 9 });
  t.like(basic, {
    status: 422,
    body: { error: { code: 'VALIDATION_ERROR', details: { field_errors: { length: 1 } } } },
  });
  const both = await post({ email: 'ada@example.com', team_id: 9 });
  t.is(both.status, 422);
  t.like(both.body, {
    error: {
      code: 'VALIDATION_ERROR',
      details: {
        field_errors: [
          { field: 'email', message: 'Already taken', code: 'unique', in: 'body', pointer: '/email' },
          { field: 'team_id', message: 'Does not exist', code: 'exists', in: 'body', pointer: '/team_id' },
        ],
      },
    },
  });
});
