/** The example application on one of its two sets of back ends, listening on a free port, with its data to itself. */
import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';

import type { Covet, CovetOptions } from 'covet';
import { sql, type Database } from 'covet/data';

import { createApp } from '../../examples/blog/app.ts';
import { issueToken } from '../../examples/blog/auth/authenticate.ts';
import { getDatabase } from '../../examples/blog/database.ts';
import { getMailer, type Mail } from '../../examples/blog/mailer.ts';
import { seedAdmin } from '../../examples/blog/seed-admin.ts';
import { Settings } from '../../examples/blog/settings.ts';
import { createDatabase } from '../helpers/database.ts';
import { useRedis } from '../helpers/redis.ts';

/** In this process alone; and on servers. */
export const engines = ['PGlite', 'PostgreSQL and Redis'] as const;
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

/** Where the example keeps its data, and what removes that. */
export interface BackEnds {
  readonly DATABASE_URL?: string;
  readonly DATA_DIR?: string;
  readonly REDIS_URL?: string;
  readonly REDIS_PREFIX?: string;
  readonly clear: () => Promise<void>;
}

/** Back ends for one application, or for several that share them. */
export async function openBackEnds(engine: Engine): Promise<BackEnds> {
  if (engine === 'PGlite') return { clear: async () => {} };
  const postgres = await createDatabase();
  const redis = useRedis();
  return {
    DATABASE_URL: postgres.url,
    REDIS_URL: redis.url,
    REDIS_PREFIX: redis.prefix,
    clear: async () => {
      await redis.clear();
      await postgres.drop();
    },
  };
}

/** The application on these back ends. */
export function createBlog({ clear: _clear, ...settings }: BackEnds, options: CovetOptions = {}): Covet {
  const app = createApp({ logger: { level: 'silent' }, ...options });
  const SECRET = 'only for tests: 5f3c1d9a7b2e4860';
  // Several files run at once, and a server has a hundred connections for all of them.
  const defaults = { HOST: '127.0.0.1', PORT: 0, TOKEN_HOURS: 1, SECRET, REDIS_PREFIX: 'blog:', DATABASE_POOL: 10 };
  app.override(Settings, { ...defaults, ...settings });
  return app;
}

export class Blog {
  readonly engine: Engine;
  /** Where it listens. */
  url: string = '';
  /** A token of an administrator with every permission. */
  admin: string = '';
  app!: Covet;
  backEnds!: BackEnds;
  database!: Database;
  /** What was sent. */
  readonly mails: Mail[] = [];
  #close: () => Promise<void> = async () => {};

  constructor(engine: Engine) {
    this.engine = engine;
  }

  /** Opens it on back ends of its own, or on those given, which are cleared with it. */
  async open(backEnds?: BackEnds): Promise<void> {
    this.backEnds = backEnds ?? (await openBackEnds(this.engine));
    const app = createBlog(this.backEnds);
    this.app = app;
    this.#close = async () => {
      await app.close(1000);
      await this.backEnds.clear();
    };
    app.override(getMailer, { send: async (mail) => void this.mails.push(mail) });
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
    const { id } = await this.database.one(
      sql<{
        id: number;
      }>`insert into users ${sql.values({ username, email, password_hash: 'none', permissions })} returning id`,
    );
    const { token } = await issueToken(this.database, id, 1);
    return { id, username, email, token };
  }
}

/** What an instant looks like in every answer: as precise as PostgreSQL keeps it. */
export const utc: RegExp = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.(?:\d{3}|\d{6})Z$/;

/** Waits until something is so, up to ten seconds. */
export async function waitFor(isSo: () => boolean | Promise<boolean>): Promise<void> {
  for (const end = Date.now() + 10_000; !(await isSo()); await sleep(10)) {
    if (Date.now() > end) throw new Error(`Not so within ten seconds: ${String(isSo)}`);
  }
}
