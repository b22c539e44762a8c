/** The example application on one of its two engines, listening on a free port, with its database to itself. */
import { randomBytes, randomUUID } from 'node:crypto';

import pg from 'pg';

import { createApp } from '../../examples/blog/app.ts';
import { issueToken } from '../../examples/blog/auth/authenticate.ts';
import { getDatabase } from '../../examples/blog/database/database.ts';
import type { Database } from '../../examples/blog/database/queryable.ts';
import { seedAdmin } from '../../examples/blog/seed-admin.ts';
import { Settings } from '../../examples/blog/settings.ts';
import { type Postgres, openPostgres } from '../../scripts/postgres.mjs';

export const engines = ['PGlite', 'PostgreSQL'] as const;
export type Engine = (typeof engines)[number];

/** What a request is made of beside method and path. */
export interface Call {
  readonly token?: string | undefined;
  readonly body?: unknown;
}

/** An answer, its body parsed. */
export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly body: any;
}

/** A user who has signed up and in. */
export interface Member {
  readonly id: number;
  readonly username: string;
  readonly email: string;
  readonly token: string;
}

/** The database of one run on the server that `npm test` found, or that stands ready. */
export async function createPostgresDatabase(): Promise<{ url: string; drop: () => Promise<void> }> {
  const given = process.env['TEST_DATABASE_URL'];
  const server: Postgres =
    given === undefined ? await openPostgres() : { url: given, origin: '', close: async () => {} };
  const name = `covet_example_${randomBytes(6).toString('hex')}`;
  const run = async (statement: string): Promise<void> => {
    const client = new pg.Client({ connectionString: server.url });
    await client.connect();
    await client.query(statement);
    await client.end();
  };
  await run(`create database ${name}`);
  const url = new URL(server.url);
  url.pathname = name;
  return {
    url: url.href,
    drop: async () => {
      await run(`drop database ${name} with (force)`);
      await server.close();
    },
  };
}

export class Blog {
  readonly engine: Engine;
  /** Where it listens. */
  url: string = '';
  /** A token of an administrator with every permission. */
  admin: string = '';
  database!: Database;
  #close: () => Promise<void> = async () => {};

  constructor(engine: Engine) {
    this.engine = engine;
  }

  async open(): Promise<void> {
    const postgres = this.engine === 'PostgreSQL' ? await createPostgresDatabase() : undefined;
    const app = createApp({ logger: { level: 'silent' } });
    this.#close = async () => {
      await app.close(1000);
      await postgres?.drop();
    };
    app.override(Settings, { HOST: '127.0.0.1', PORT: 0, TOKEN_HOURS: 1, DATABASE_URL: postgres?.url });
    this.url = (await app.listen({ port: 0 })).url;
    this.database = await app.resolve(getDatabase);
    this.admin = await seedAdmin(this.database);
  }

  close(): Promise<void> {
    return this.#close();
  }

  /** Sends a request such as `'POST /api/users'`. */
  async call(line: string, { token, body }: Call = {}): Promise<Answer> {
    const [method = '', path = ''] = line.split(/ (.*)/);
    const headers: Record<string, string> = {};
    if (token !== undefined) headers['authorization'] = `Bearer ${token}`;
    if (body !== undefined) headers['content-type'] = 'application/json';
    const init = body === undefined ? { method, headers } : { method, headers, body: JSON.stringify(body) };
    const response = await fetch(this.url + path, init);
    const text = await response.text();
    return { status: response.status, headers: response.headers, body: text === '' ? undefined : JSON.parse(text) };
  }

  /** A user of the test's own, without the cost of a password. */
  async member(permissions: readonly string[] = []): Promise<Member> {
    const username = `m-${randomUUID().slice(0, 18)}`;
    const email = `${username}@example.com`;
    const [row] = await this.database.query<{ id: number }>(
      'insert into users (username, email, password_hash, permissions) values ($1, $2, $3, $4) returning id',
      [username, email, 'none', permissions],
    );
    const { token } = await issueToken(this.database, row!.id, 1);
    return { id: row!.id, username, email, token };
  }
}

/** What an instant looks like in every answer. */
export const utc: RegExp = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;
