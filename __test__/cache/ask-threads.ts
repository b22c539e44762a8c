/** The threads of `programs/sharing.ts`, to be asked one by one. */
import type { ExecutionContext } from 'ava';

import { runProgram } from '../helpers/child.ts';
import type { Child } from '../helpers/child.ts';
import { RawConnection } from '../helpers/raw-connection.ts';

/** Asks one thread for a path. */
export type Ask = (path: string) => Promise<any>;

export interface Threads {
  readonly child: Child;
  /** The main thread first, then the others. */
  readonly ask: readonly [Ask, Ask, Ask];
  /** The same on other connections: an answer has to wait for those before it. */
  readonly askBeside: readonly [Ask, Ask, Ask];
  readonly ids: readonly [string, string, string];
  /** Factories and handlers that ran for a key. */
  readonly loads: (key: string) => string[];
}

export interface ThreadsOptions {
  readonly maxBytes?: number;
  readonly values?: 'copies' | 'frozen';
  /** Where the cache has Redis behind its memory. */
  readonly redis?: { readonly url: string; readonly prefix: string };
}

export async function startThreads(t: ExecutionContext, options: ThreadsOptions = {}): Promise<Threads> {
  const { maxBytes = 1024 * 1024, values = 'copies', redis } = options;
  const settings = [String(maxBytes), values, ...(redis === undefined ? [] : [redis.url, redis.prefix])];
  const child = runProgram(t, 'cache/programs/sharing.ts', '3', ...settings);
  const port = Number(await child.report('port', 60_000));
  const byThread = new Map<string, RawConnection[]>();
  while (byThread.size < 3 || [...byThread.values()].some((connections) => connections.length < 2)) {
    const connection = await RawConnection.open(port);
    const id = (await connection.send(request('/who')).next()).text();
    byThread.set(id, [...(byThread.get(id) ?? []), connection]);
  }
  t.teardown(() => [...byThread.values()].flat().forEach((connection) => connection.close()));
  const ids = [...byThread.keys()].sort((a, b) => Number(a) - Number(b));
  const toAsk = (which: number) => ids.map((id) => toAskOne(byThread.get(id)![which]!));
  const loads = (key: string): string[] => child.output.filter((line) => line.startsWith(`load=${key} `));
  return { child, ids: ids as never, loads, ask: toAsk(0) as never, askBeside: toAsk(1) as never };
}

/** What each thread has under a key. */
export const seeAll = ({ ask }: Threads, key: string): Promise<unknown[]> =>
  Promise.all(ask.map(async (one) => ((await one(`/get/${key}`)) as { value: unknown }).value));

/** One answer after the other is read of a connection. */
function toAskOne(connection: RawConnection): Ask {
  let last: Promise<unknown> = Promise.resolve();
  return (path) => {
    const answer = last.then(() => ask(connection, path));
    last = answer.catch(() => undefined);
    return answer;
  };
}

async function ask(connection: RawConnection, path: string): Promise<unknown> {
  const answer = await connection.send(request(path)).next();
  if (answer.status >= 400) return { status: answer.status };
  const text = answer.text();
  return /^[{[]/.test(text) ? JSON.parse(text) : text;
}

const request = (path: string): string => `GET ${path} HTTP/1.1\r\nHost: a\r\n\r\n`;
