/** What servers of the data cases read and write: the same in every process. */

/** A row of the table `users`; `balance` is `numeric`, which every driver hands over as text. */
export interface User {
  readonly id: number;
  readonly name: string;
  readonly email: string;
  readonly city: string;
  readonly balance: string;
  readonly visits: number;
  readonly active: boolean;
}

/** How many rows `users` and `counters` have each, numbered from 1. */
export const rowCount = 10_000;

const names = ['Ada Lovelace', 'Grace Hopper', 'Mary Somerville', 'Emmy Noether', 'Hedy Lamarr', 'Sophie Germain'];
const cities = ['London', 'Arlington', 'Jedburgh', 'Göttingen', 'Vienna', 'Paris', 'Bologna'];

export function userOf(id: number): User {
  return {
    id,
    name: names[id % names.length] as string,
    email: `user-${id}@example.com`,
    city: cities[id % cities.length] as string,
    balance: `${(id * 37) % 1000}.${String(id % 100).padStart(2, '0')}`,
    visits: (id * 13) % 500,
    active: id % 3 !== 0,
  };
}

const columns = 'id, name, email, city, balance, visits, active';

/** The statements of servers that take SQL; those of Covet's tag and of TypeORM's repositories are the same. */
export const statements = {
  row: `select ${columns} from users where id = $1`,
  page: `select ${columns} from users where id > $1 order by id limit 20`,
  /** What a cache keeps. The sequence counts how often it was asked for. */
  load: `select ${columns} from users where id = $1 and nextval('loads') is not null`,
  update: 'update counters set visits = visits + 1 where id = $1',
} as const;

/** Rows on a page. */
export const pageSize = 20;

/** Rows changed by one transaction. */
export const updatesInTransaction = 10;

let nextRow = 0;

/**
 * The rows that the next transaction changes, in ascending order. Others than those of the transactions under way, so
 * that none waits for a lock.
 */
export function takeRows(): number[] {
  const first = nextRow;
  nextRow = (nextRow + updatesInTransaction) % rowCount;
  return Array.from({ length: updatesInTransaction }, (_, index) => first + index + 1);
}

/** How long a cache keeps a row, in seconds: longer than a run. */
export const cacheTtl = 3600;

/** Connections that each server has, what `pg` and TypeORM take by default: five servers fit PostgreSQL's own default. */
export const poolSize = 10;

/** The variable that tells a server where its database is. */
export const databaseVariable = 'COVET_BENCH_DATABASE_URL';

/** @throws Error when the benchmark did not say. */
export function databaseUrl(): string {
  const url = process.env[databaseVariable];
  if (url === undefined) throw new Error(`${databaseVariable} is not set: the benchmark does it`);
  return url;
}
