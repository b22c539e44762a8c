/** Databases and transactions as dependencies. */
import { announce } from '../connections/announced.ts';
import { connections } from '../connections/connections.ts';
import { Depends } from '../di/depends.ts';
import { Req } from '../di/source.ts';
import { marksScope, noteOpen } from '../internal/work-scope.ts';
import type { Dep, InjectSpec, Resolve } from '../types/injectable.ts';
import type { CovetRequest } from '../types/request.ts';
import type { MaybePromise } from '../types/schema.ts';
import type { Database } from './database.ts';
import { openDatabase, type DatabaseOptions } from './open-database.ts';
import type { BeginOptions } from './transaction-options.ts';
import { Transaction } from './transaction.ts';

/**
 * A database as a dependency: opened at first need, one for the application, closed with it. `connections` counts and checks
 * it as `db_{name}`, its replicas as `db_{name}_replica_1` and so on.
 *
 * @example
 * ```ts
 * import { Covet } from 'covet';
 * import { database, sql, tx } from 'covet/data';
 *
 * const getDatabase = database();
 * // From settings: database('main', { settings: Settings }, ({ settings }) => ({ url: settings.DATABASE_URL }))
 *
 * const app = new Covet({ logger: false });
 * app.get('/now', { deps: { db: getDatabase } }, ({ db }) => db.one(sql`select 1 as one`));
 * app.post('/users', { deps: { tx: tx(getDatabase) } }, async ({ tx }) => {
 *   await tx.execute(sql`create table if not exists users (name text)`);
 *   return { count: await tx.execute(sql`insert into users values ('Ada'), ('Grace')`) };
 * });
 *
 * const answer = await app.inject({ method: 'POST', url: '/users' });
 * console.log(await answer.json()); // { count: 2 }
 * await app.close();
 * ```
 *
 * @throws TypeError when the name is not of lower-case letters, digits and underscores.
 */
export function database(name?: string, options?: DatabaseOptions): Dep<Database>;
export function database<const D extends InjectSpec>(
  name: string,
  needs: D,
  options: (needs: Resolve<D>) => MaybePromise<DatabaseOptions>,
): Dep<Database>;
export function database(
  name = 'main',
  second: DatabaseOptions | InjectSpec = {},
  toOptions?: (needs: never) => MaybePromise<DatabaseOptions>,
): Dep<Database> {
  if (!/^[a-z][a-z0-9_]*$/.test(name)) {
    throw new TypeError(`A database's name has lower-case letters, digits and underscores: '${name}' will not do`);
  }
  const needs: InjectSpec = toOptions === undefined ? {} : (second as InjectSpec);
  const optionsOf = toOptions ?? ((): DatabaseOptions => second);
  const dependency: Dep<Database> = Depends(
    { ...needs, [kConnections]: connections },
    async function* (given) {
      const pools = (given as Resolve<{ [kConnections]: typeof connections }>)[kConnections];
      const db = await openDatabase(await optionsOf(given as never));
      const leave = db
        .sources()
        .map((source, index) => pools.add(index === 0 ? `db_${name}` : `db_${name}_replica_${index}`, source));
      try {
        yield db;
      } finally {
        for (const each of leave) each();
        await db.close();
      }
    },
    { scope: 'singleton', name: `database('${name}')` },
  );
  return announce(dependency, `db_${name}`);
}

/** Beside the user's own needs, whatever those are called. */
const kConnections = 'covet:connections';

const known = new WeakMap<Dep<Database>, Map<string, Dep<Transaction>>>();

/** Options of {@link tx}. */
export type TxOptions = Omit<BeginOptions, 'signal'>;

/**
 * A request's transaction: begun by its first query, committed before the response leaves, undone by any error; a commit
 * that fails is the request's error. When the client goes away, the statement that runs is cancelled on the server. Everything
 * in one request that needs it with the same options shares it.
 *
 * Queries of the database itself run in it, too, however deep in handlers, dependencies and services they are called, and
 * `db.transaction` is a savepoint of it; `{ transaction: 'apart' }` keeps one out. Of several with different options none is
 * joined so: ask the one that is meant, or use its `join`. Tenants' transactions are joined by queries of that tenant's database
 * alone.
 *
 * @example
 * ```ts
 * import { database, tx } from 'covet/data';
 *
 * const getDatabase = database();
 * export const getTransaction = tx(getDatabase);
 * export const getReport = tx(getDatabase, { isolation: 'repeatable read', readOnly: true });
 * ```
 */
export function tx(from: Dep<Database>, options: TxOptions = {}): Dep<Transaction> {
  const { isolation, readOnly, deferrable } = options;
  const key = JSON.stringify([isolation, readOnly, deferrable]);
  let dependencies = known.get(from);
  if (dependencies === undefined) known.set(from, (dependencies = new Map()));
  let dependency = dependencies.get(key);
  if (dependency === undefined) dependencies.set(key, (dependency = createTx(from, options)));
  return dependency;
}

function createTx(from: Dep<Database>, options: TxOptions): Dep<Transaction> {
  return Depends(
    { db: from, req: Req },
    marksScope(async function* ({ db, req }: { readonly db: Database; readonly req: CovetRequest }) {
      // The signal is made when the first query needs it: many requests get by without.
      const transaction = db.begin({ ...options, lateSignal: () => req.signal });
      const leave = noteOpen(transaction);
      let failure: { readonly error: unknown } | undefined;
      try {
        yield transaction;
      } catch (error) {
        failure = { error };
      }
      // What is still to come, as tasks for after the commit, is not part of it.
      leave();
      await Transaction.close(transaction, failure ?? {});
      if (failure !== undefined) throw failure.error;
    }),
    { name: `tx(${from.name})` },
  );
}
