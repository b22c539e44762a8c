/** An application with sessions on every store, and browsers that visit it without a socket and over one. */
import { createHash, randomBytes } from 'node:crypto';

import test, { type ExecutionContext } from 'ava';
import { z } from 'zod';

import { openDatabase, type Database } from '../../src/data/index.ts';
import { Covet } from '../../src/index.ts';
import { openRedis, type RedisConnection } from '../../src/redis/index.ts';
import { MemorySessionStore, PostgresSessionStore, RedisSessionStore, sessions } from '../../src/sessions/index.ts';
import type { SessionStore, SessionsOptions } from '../../src/sessions/index.ts';
import { createDatabase, type TestDatabase } from '../helpers/database.ts';
import { useRedis } from '../helpers/redis.ts';

type OpenStore = (t: ExecutionContext) => Promise<SessionStore>;

/** The stores that every test of sessions runs on. Call it once a file. */
export function openStores(): Readonly<Record<string, OpenStore>> {
  let server: Promise<TestDatabase> | undefined;
  const shared = useRedis();
  const opened = {
    redis: undefined as Promise<RedisConnection> | undefined,
    PGlite: undefined as Promise<Database> | undefined,
    PostgreSQL: undefined as Promise<Database> | undefined,
  };
  test.after.always(async () => {
    await Promise.all(Object.values(opened).map(async (each) => (await each)?.close()));
    await shared.clear();
    await (await server)?.drop();
  });
  const table = async (db: Database): Promise<SessionStore> => {
    // Of the test's own: another one's clock may be hours ahead, and sweep.
    const store = new PostgresSessionStore(db, { table: `s_${randomBytes(6).toString('hex')}` });
    await store.ensureSchema();
    return store;
  };
  return {
    memory: async () => new MemorySessionStore(),
    Redis: async () => {
      opened.redis ??= openRedis({ url: shared.url, logger: false });
      return new RedisSessionStore(await opened.redis, {
        prefix: `${shared.prefix}${randomBytes(6).toString('hex')}:`,
      });
    },
    PGlite: async () => table(await (opened.PGlite ??= openDatabase())),
    PostgreSQL: async () => {
      server ??= createDatabase();
      return table(await (opened.PostgreSQL ??= server.then(({ url }) => openDatabase({ url }))));
    },
  };
}

export interface Answer {
  readonly status: number;
  readonly json: any;
  readonly headers: Headers;
}

/** Keeps one cookie, as long as it is told to. */
export class Browser {
  readonly #send: SendRequest;
  readonly #agent: string;
  /** `name=value`, as it is sent. */
  cookie: string | undefined;
  /** What the last answer set. */
  setCookies: string[] = [];

  constructor(send: SendRequest, agent: string) {
    this.#send = send;
    this.#agent = agent;
  }

  get id(): string {
    return this.cookie!.slice(this.cookie!.indexOf('=') + 1);
  }

  get = (path: string): Promise<Answer> => this.#visit('GET', path);
  post = (path: string): Promise<Answer> => this.#visit('POST', path);

  async #visit(method: string, path: string): Promise<Answer> {
    const headers: Record<string, string> = { 'user-agent': this.#agent };
    if (this.cookie !== undefined) headers['cookie'] = this.cookie;
    const answer = await this.#send(method, path, headers);
    this.setCookies = answer.headers.getSetCookie();
    for (const line of this.setCookies) {
      const [pair = ''] = line.split(';');
      this.cookie = line.includes('Max-Age=0;') ? undefined : pair;
    }
    return answer;
  }
}

/** What the store keeps a browser's session under. */
export const keyOf = (browser: Browser): string => createHash('sha256').update(browser.id).digest('base64url');

export interface Shop {
  readonly app: Covet;
  readonly browser: (agent?: string) => Browser;
  readonly store: SessionStore;
  /** Names of the store's methods that were called. */
  readonly calls: string[];
  /** Milliseconds since 1970; to be moved. */
  readonly clock: { now: number };
  /** Resolves once so many requests wait at `/read-then-…`. */
  readonly arrived: (count: number) => Promise<void>;
  /** The same, and lets them go on. */
  readonly meet: (count: number) => Promise<void>;
}

export interface ShopOptions extends Omit<SessionsOptions, 'store' | 'data' | 'clock'> {
  readonly transport?: 'inject' | 'socket';
}

/** Opens the application; it closes when the test is over. */
export async function openShop(t: ExecutionContext, store: SessionStore, options: ShopOptions = {}): Promise<Shop> {
  const { transport = 'inject', ...rest } = options;
  const calls: string[] = [];
  const counted = new Proxy(store, {
    get: (target, name) => {
      const value: unknown = Reflect.get(target, name);
      if (typeof value !== 'function') return value;
      return (...args: unknown[]) => {
        calls.push(String(name));
        return value.apply(target, args) as unknown;
      };
    },
  });
  const clock = { now: Date.now() };
  const app = new Covet({ logger: false });
  t.teardown(() => app.close(0));
  const meeting = register(app, { ...rest, store: counted, clock: () => clock.now });
  const send = transport === 'inject' ? byInject(app) : await bySocket(app);
  return { app, store, calls, clock, ...meeting, browser: (agent = 'test') => new Browser(send, agent) };
}

function byInject(app: Covet): SendRequest {
  return async (method, url, headers) => {
    const answer = await app.inject({ method, url, headers });
    const all = new Headers(answer.headers);
    all.delete('set-cookie');
    for (const line of answer.setCookies) all.append('set-cookie', line);
    return { status: answer.status, json: toJson(await answer.text()), headers: all };
  };
}

type SendRequest = (method: string, path: string, headers: Record<string, string>) => Promise<Answer>;

async function bySocket(app: Covet): Promise<SendRequest> {
  const { url } = await app.listen({ port: 0 });
  return async (method, path, headers) => {
    const answer = await fetch(url + path, { method, headers });
    return { status: answer.status, json: toJson(await answer.text()), headers: answer.headers };
  };
}

const toJson = (text: string): unknown => (text === '' ? undefined : JSON.parse(text));

function register(app: Covet, options: SessionsOptions): Pick<Shop, 'arrived' | 'meet'> {
  const session = sessions({ ...options, data: z.object({ n: z.int() }) });
  const deps = { session };
  let waiting: (() => void)[] = [];
  const arrive = (): Promise<void> => new Promise((resolve) => waiting.push(resolve));
  app.get('/none', { deps }, () => ({}));
  app.get('/get', { deps }, async ({ session }) => ({
    data: (await session.get()) ?? null,
    user: (await session.userId()) ?? null,
  }));
  app.post('/set/{n:int}', { deps }, async ({ session, params }) => {
    await session.set({ n: params.n });
    return { data: await session.get() };
  });
  app.post('/add', { deps }, async ({ session }) => {
    await session.update((data) => ({ n: (data?.n ?? 0) + 1 }));
    return session.get();
  });
  app.post('/add-and-fail', { deps }, async ({ session }) => {
    await session.update((data) => ({ n: (data?.n ?? 0) + 1 }));
    throw new Error('no');
  });
  app.post('/read-then-set/{n:int}', { deps }, async ({ session, params }) => {
    await session.get();
    await arrive();
    await session.set({ n: params.n });
    return {};
  });
  app.post('/read-then-add', { deps }, async ({ session }) => {
    await session.get();
    await arrive();
    await session.update((data) => ({ n: (data?.n ?? 0) + 1 }));
    return {};
  });
  app.post('/delete', { deps }, async ({ session }) => session.delete());
  app.post('/rotate', { deps }, async ({ session }) => session.rotate());
  app.post('/login/{user}', { deps }, async ({ session, params }) => session.login(params.user));
  app.post('/logout', { deps }, async ({ session }) => session.destroy());
  app.get('/list', { deps }, async ({ session }) => ({
    list: await session.list(),
    info: (await session.info()) ?? null,
  }));
  app.post('/revoke/{id}', { deps }, async ({ session, params }) => ({ done: await session.revoke(params.id) }));
  app.post('/revoke-others', { deps }, async ({ session }) => ({ count: await session.revokeOthers() }));
  const arrived = async (count: number): Promise<void> => {
    while (waiting.length < count) await new Promise((resolve) => setTimeout(resolve, 1));
  };
  const meet = async (count: number): Promise<void> => {
    await arrived(count);
    for (const go of waiting) go();
    waiting = [];
  };
  return { arrived, meet };
}
