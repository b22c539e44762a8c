/** A PostgreSQL database of a test's own, on the server that `npm test` found or started. */
import { randomBytes } from 'node:crypto';

import { Client } from 'pg';

/** An empty database and the way to be rid of it. */
export interface TestDatabase {
  /** What an application takes as `DATABASE_URL`. */
  readonly url: string;
  /** Drops it, with whoever is still connected. */
  drop(): Promise<void>;
}

/** Makes an empty database. Drop it in the test's teardown. */
export async function createDatabase(): Promise<TestDatabase> {
  const server = process.env['TEST_DATABASE_URL'];
  if (server === undefined)
    throw new Error('no PostgreSQL: run the tests as `npm test -- <file>`, which brings one up');
  const name = `covet_${randomBytes(8).toString('hex')}`;
  await runOn(server, `create database ${name}`);
  const url = new URL(server);
  url.pathname = name;
  return { url: url.href, drop: () => runOn(server, `drop database if exists ${name} with (force)`) };
}

async function runOn(connectionString: string, statement: string): Promise<void> {
  const client = new Client({ connectionString });
  await client.connect();
  try {
    await client.query(statement);
  } finally {
    await client.end();
  }
}
