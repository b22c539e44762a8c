/**
 * What a cached read costs: nanoseconds for a hit in this thread's memory and in that of all threads, beside a plain Map and
 * beside handing a key to Rust; microseconds for a hit in Redis; and loads of a stampede.
 *
 * Run: `npx tsx benchmark/micro/cache.ts [--json]`; Redis by REDIS_URL, else on port 6379. Each figure is the median of 15
 * rounds, cases interleaved round by round, so that a busy moment of the machine hits all of them.
 */
import { randomBytes } from 'node:crypto';
import { parseArgs } from 'node:util';

import { toCanonicalKey } from '../../src/cache/canonical-key.ts';
import { jsonCodec } from '../../src/cache/codec.ts';
import { fromEnvelope, toEnvelope } from '../../src/cache/entry.ts';
import { createCache } from '../../src/cache/index.ts';
import { MemoryLayer } from '../../src/cache/memory-layer.ts';
import { SharedMemory } from '../../src/cache/shared-memory.ts';
import { NativeCache, namesFileBelowRoot } from '../../src/native/index.ts';
import { formThreadGroup } from '../../src/native/thread-group.ts';
import { openRedis } from '../../src/redis/index.ts';

const { values } = parseArgs({ options: { json: { type: 'boolean', default: false } } });
const rounds = 15;

const user = { id: 17, name: 'Ada Lovelace', email: 'ada@example.com', roles: ['admin', 'editor'], active: true };
const text = JSON.stringify(user);
const key = 'user:17:post:42';

const map = new Map(Array.from({ length: 10_000 }, (_, index) => [`k:user:${index}:post:42`, text]));
const memory = new MemoryLayer(64 * 1024 * 1024);
const entry = {
  payload: text,
  createdAt: 0,
  freshUntil: Infinity,
  staleUntil: Infinity,
  tags: new Map<string, string>(),
  epoch: '',
};
for (const name of map.keys()) memory.set(name, entry);

const prefix = `covet_bench_${randomBytes(6).toString('hex')}:`;
const redis = await openRedis({ logger: false });
await redis.ping();
const copies = createCache({ prefix: `${prefix}c:`, logger: false });
const frozen = createCache({ prefix: `${prefix}f:`, values: 'frozen', logger: false });
const shared = createCache({ prefix: `${prefix}s:`, maxBytes: 0, redis, logger: false });
for (const cache of [copies, frozen, shared]) await cache.set(key, user, { ttl: 3600 });

// From here on caches are made for a thread that has others beside it.
const group = Object.values(formThreadGroup(2))[0]!;
const threads = new SharedMemory(group, { name: 'layer', maxBytes: 64 * 1024 * 1024, codec: jsonCodec, weight: 1 });
const facts = { ...entry, freshUntil: 1e15, staleUntil: 1e15 };
for (const name of map.keys()) threads.set(name, facts);
const native = NativeCache.join('native', 64 * 1024 * 1024, () => {});
for (const name of map.keys()) native.put(name, toEnvelope(facts, 'j'), 1e15, [], 0, 0);

let sink: unknown;

const ordered = new Map(map);
let at = 0;
/** Another key each time: the newest is no work. */
const turn = (): string => ((at ^= 1) === 0 ? 'k:user:17:post:42' : 'k:user:18:post:42');

interface Case {
  readonly name: string;
  readonly times: number;
  readonly run: (times: number) => void | Promise<void>;
}

function sync(name: string, once: () => unknown): Case {
  return {
    name,
    times: 200_000,
    run: (times) => {
      for (let index = 0; index < times; index += 1) sink = once();
    },
  };
}

function async(name: string, times: number, once: () => Promise<unknown>): Case {
  return {
    name,
    times,
    run: async (times) => {
      for (let index = 0; index < times; index += 1) sink = await once();
    },
  };
}

const load = (): typeof user => user;
const cases: Case[] = [
  sync('Map.get', () => map.get('k:user:17:post:42')),
  sync('Map.get + JSON.parse', () => JSON.parse(map.get('k:user:17:post:42')!)),
  sync('memory layer: look-up, order kept', () => memory.get(turn(), 1)),
  sync('the same by a Map that is put in order at each hit', () => {
    const name = turn();
    const value = ordered.get(name)!;
    ordered.delete(name);
    ordered.set(name, value);
    return value;
  }),
  sync('memory of all threads: a copy, found and valid', () => threads.get(turn(), 1)),
  sync('memory of all threads: no copy, bytes out of Rust', () => native.get(turn(), 1, 0, 0)),
  sync('the same and read as an entry', () => fromEnvelope(native.get(turn(), 1, 0, 0)!.bytes!, 'j')),
  sync('memory of all threads: a value kept', () => threads.set(turn(), facts)),
  sync('crossing into Rust: the key in, a boolean out', () => namesFileBelowRoot(key, false)),
  sync('text of a string key', () => toCanonicalKey(key)),
  sync("text of ['user', 17]", () => toCanonicalKey(['user', 17])),
  async('awaiting nothing', 100_000, async () => user),
  async('getOrSet, hit in memory, copies', 100_000, () => copies.getOrSet(key, load)),
  async('getOrSet, hit in memory, frozen', 100_000, () => frozen.getOrSet(key, load)),
  async('getOrSet, hit in Redis', 500, () => shared.getOrSet(key, load)),
  async('GET by the client alone', 500, () => redis.client.get(`${prefix}s:k:${key}`)),
];

const times = new Map<string, number[]>(cases.map(({ name }) => [name, []]));
for (let round = 0; round < rounds + 2; round += 1) {
  for (const { name, times: count, run } of cases) {
    const begin = process.hrtime.bigint();
    await run(count);
    const each = Number(process.hrtime.bigint() - begin) / count;
    if (round >= 2) times.get(name)!.push(each);
  }
}

const median = (list: number[]): number => list.sort((a, b) => a - b)[list.length >> 1]!;
const results: Record<string, number> = {};
for (const [name, list] of times) results[`${name} (ns)`] = Math.round(median(list));

for (const [name, cache] of [
  ['memory', copies],
  ['memory and Redis', createCache({ prefix: `${prefix}t:`, redis, logger: false })],
] as const) {
  const begin = performance.now();
  const before = cache.stats().loads;
  await Promise.all(
    Array.from({ length: 500 }, () => cache.getOrSet('cold', () => new Promise((done) => setTimeout(done, 20, user)))),
  );
  results[`stampede of 500, loads (${name})`] = cache.stats().loads - before;
  results[`stampede of 500, ms beyond the load of 20 ms (${name})`] = Math.round(performance.now() - begin - 20);
  await cache.close();
}

globalThis.gc?.();
const heap = process.memoryUsage().heapUsed;
const many = new MemoryLayer(1024 ** 3);
for (let index = 0; index < 100_000; index += 1) {
  many.set(`k:${index}`, { ...entry, payload: String(index), freshUntil: index, staleUntil: 1e15 + index });
}
sink = many;
globalThis.gc?.();
// Without --expose-gc garbage is in it.
if (globalThis.gc)
  results['heap of an entry with a short text (bytes)'] = Math.round((process.memoryUsage().heapUsed - heap) / 1e5);

await shared.clear();
await redis.withConnection(async (client) => {
  for (const name of ['c', 'f', 's', 't']) await client.unlink(`${prefix}${name}:k:${key}`, `${prefix}${name}:k:cold`);
});
for (const cache of [frozen, shared]) await cache.close();
await redis.close();

if (values.json) process.stdout.write(`${JSON.stringify(results, undefined, 2)}\n`);
else
  for (const [name, value] of Object.entries(results)) process.stdout.write(`${String(value).padStart(10)}  ${name}\n`);
if (sink === undefined) process.exitCode = 1;
