import pg from 'pg';

import { openPostgres } from '../../scripts/postgres.mjs';
import { rowCount, userOf } from './servers/data/fixtures.ts';

/** A database that the servers of the data cases share, and only they. */
export interface DataDatabase {
  readonly url: string;
  /** Where the server it lies on comes from, and its version. */
  readonly origin: string;
  /** The one number that a query gives. @throws Error when it gives none. */
  readonly ask: (query: string) => Promise<number>;
  /** Drops it, whoever still uses it. */
  close(): Promise<void>;
}

const tables = `
  create table users (
    id int primary key, name text not null, email text not null, city text not null,
    balance numeric(12, 2) not null, visits int not null, active boolean not null
  );
  -- Room in each page for the next version of its rows: what an update costs does not depend on how many came before.
  create table counters (id int primary key, visits int not null) with (fillfactor = 50);
  create sequence loads;
`;

/**
 * Makes a database of its own on the PostgreSQL that `DATABASE_URL` names, else on the one at port 5432, else on one from
 * npm, with `rowCount` rows in each of its tables.
 */
export async function openDataDatabase(): Promise<DataDatabase> {
  const server = await openPostgres();
  const name = `covet_bench_${process.pid}_${Date.now().toString(36)}`;
  const drop = async (): Promise<void> => {
    await runAt(server.url, `drop database if exists ${name} with (force)`);
    await server.close();
  };
  try {
    await runAt(server.url, `create database ${name}`);
    // What a commit costs is the server's work, not that of the disk, which would hide all else.
    await runAt(server.url, `alter database ${name} set synchronous_commit = off`);
    const url = new URL(server.url);
    url.pathname = `/${name}`;
    const client = new pg.Client({ connectionString: url.href });
    // Dropping the database ends its connections, this one too: nobody is to be told.
    client.on('error', () => undefined);
    await client.connect();
    await fill(client);
    const { rows } = await client.query<{ version: string }>('select version()');
    return {
      url: url.href,
      origin: `${rows[0]?.version.split(' on ')[0] ?? 'PostgreSQL'}, ${server.origin}`,
      ask: (query) => askNumber(client, query),
      async close() {
        await client.end();
        await drop();
      },
    };
  } catch (error) {
    await drop();
    throw error;
  }
}

async function runAt(url: string, statement: string): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    await client.query(statement);
  } finally {
    await client.end();
  }
}

async function fill(client: pg.Client): Promise<void> {
  const users = Array.from({ length: rowCount }, (_, index) => userOf(index + 1));
  await client.query(tables);
  await client.query('insert into users select * from json_populate_recordset(null::users, $1)', [
    JSON.stringify(users),
  ]);
  await client.query('insert into counters select id, 0 from generate_series(1, $1::int) id', [rowCount]);
  await client.query('vacuum analyze');
}

async function askNumber(client: pg.Client, query: string): Promise<number> {
  const { rows } = await client.query<unknown[]>({ text: query, rowMode: 'array' });
  const number = Number(rows[0]?.[0] ?? Number.NaN);
  if (rows.length === 1 && Number.isFinite(number)) return number;
  throw new Error(`the query gives no number: ${query}`);
}
