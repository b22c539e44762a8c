/**
 * What turning a response into JSON costs: Covet's compiled serialiser beside JSON.stringify and fast-json-stringify.
 *
 * Run: `npx tsx benchmark/micro/serialise.ts [--json]` (`npm ci` in `benchmark/` first). Each figure is the processor
 * time of one text, the median of 31 rounds of about 10 ms, contenders interleaved round by round. "string" stops at the
 * text; "bytes" also writes it as UTF-8 into a buffer, as every server must: texts joined from pieces are only then made
 * one. Values take turns, and other schemas have been used before, so that no contender is tuned to one object.
 *
 * The values hold declared fields only: JSON.stringify leaves nothing out, so on others it would have more to do.
 */
import fastJsonStringify from 'fast-json-stringify';
import { z } from 'zod';

import { compileSerialiser } from '../../src/serialise.ts';

type ToText = (value: unknown) => string;

interface Shape {
  readonly name: string;
  readonly schema: z.ZodType;
  readonly values: readonly unknown[];
}

const rounds = 31;
const roundTime = 10_000_000n;

const User = z.object({
  id: z.int(),
  name: z.string(),
  email: z.string(),
  is_active: z.boolean(),
  created_at: z.string(),
});
const Page = z.object({ items: z.array(User), total: z.int(), page: z.int(), per_page: z.int() });
const Comment = z.object({ id: z.int(), text: z.string(), author: User });
const Post = z.object({
  id: z.int(),
  title: z.string(),
  body: z.string(),
  tags: z.array(z.string()),
  author: User,
  comments: z.array(Comment),
  published_at: z.string().nullable(),
  likes: z.int().optional(),
});

const user = (n: number): z.infer<typeof User> => ({
  id: n,
  name: `Ada Lovelace ${n}`,
  email: `ada.lovelace.${n}@example.com`,
  is_active: n % 3 !== 0,
  created_at: `2024-05-01T12:00:${10 + (n % 50)}.000Z`,
});
const page = (n: number): z.infer<typeof Page> => ({
  items: Array.from({ length: 20 }, (_, index) => user(n * 20 + index)),
  total: 12_345,
  page: n,
  per_page: 20,
});
const post = (n: number): z.infer<typeof Post> => ({
  id: n,
  title: `A request through the whole house, part ${n}`,
  body: `The first paragraph of part ${n} is about as long as paragraphs are. `.repeat(12),
  tags: ['rust', 'typescript', 'http'],
  author: user(n),
  comments: Array.from({ length: 5 }, (_, index) => ({
    id: n * 5 + index,
    text: `I have read comment ${index} of part ${n} and agree with it.`,
    author: user(index),
  })),
  published_at: n % 2 === 0 ? null : '2024-05-01T12:00:00.000Z',
  likes: n,
});

/** Parsed, as rows from a database or a network are: flat strings, plain objects. */
const several = <T>(make: (n: number) => T): T[] =>
  Array.from({ length: 32 }, (_, n) => JSON.parse(JSON.stringify(make(n))) as T);

const shapes: readonly Shape[] = [
  {
    name: 'hello: 1 field',
    schema: z.object({ hello: z.string() }),
    values: several((n) => ({ hello: `world ${n}` })),
  },
  { name: '(a) user: 5 fields', schema: User, values: several(user) },
  { name: '(b) page of 20 users', schema: Page, values: several(page) },
  { name: '(c) post, author, 5 comments', schema: Post, values: several(post) },
  {
    name: 'list of 100 numbers',
    schema: z.array(z.number()),
    values: several((n) => Array.from({ length: 100 }, (_, index) => n * index + 0.5)),
  },
  {
    name: 'text of 16 KiB',
    schema: z.object({ text: z.string() }),
    values: several((n) => ({ text: `${n}`.padEnd(16_384, 'lorem ') })),
  },
  {
    name: 'text of 4 KiB in lines',
    schema: z.object({ text: z.string() }),
    values: several((n) => ({
      text: `line ${n} is about as long as lines of prose are, and then it ends\n`.repeat(60),
    })),
  },
  {
    name: 'texts that need escapes',
    schema: z.object({ a: z.string(), b: z.string() }),
    values: several((n) => ({ a: `line ${n}\nline "two"`, b: `naïve 😀 ${n}` })),
  },
];

const buffer = Buffer.allocUnsafe(1 << 20) as Buffer & { utf8Write(text: string, at: number): number };
let sink = 0;

function contendersOf({ schema, values }: Shape): Record<string, ToText> {
  const covet = compileSerialiser(schema) as ToText;
  // As JSON: its own type of a JSON Schema and zod's differ in what may be undefined.
  const fast: ToText = fastJsonStringify(JSON.parse(JSON.stringify(z.toJSONSchema(schema, { target: 'draft-7' }))));
  for (const value of values) {
    const expected = JSON.stringify(value);
    if (covet(value) !== expected) throw new Error(`covet wrote ${covet(value)} for ${expected}`);
    if (JSON.stringify(JSON.parse(fast(value))) !== expected)
      throw new Error(`fast-json-stringify wrote ${fast(value)}`);
  }
  return { 'JSON.stringify': (value) => JSON.stringify(value), 'fast-json-stringify': fast, covet };
}

/** Nanoseconds of processor time for one text: other programs on the machine slow the clock, not this. */
function measure(toText: ToText, values: readonly unknown[], toBytes: boolean): number {
  let runs = 0;
  const begin = process.hrtime.bigint();
  const before = process.cpuUsage();
  do {
    for (const value of values) {
      const text = toText(value);
      sink += toBytes ? buffer.utf8Write(text, 0) : text.length;
    }
    runs += values.length;
  } while (process.hrtime.bigint() - begin < roundTime);
  const { user: own, system } = process.cpuUsage(before);
  return ((own + system) * 1000) / runs;
}

const median = (figures: readonly number[]): number => figures.toSorted((a, b) => a - b)[figures.length >> 1]!;

const all = shapes.map((shape) => ({ shape, contenders: contendersOf(shape) }));
for (const toBytes of [false, true]) {
  for (const { shape, contenders } of all) {
    const figures = new Map(Object.keys(contenders).map((name) => [name, [] as number[]]));
    for (const toText of Object.values(contenders)) measure(toText, shape.values, toBytes);
    for (let round = 0; round < rounds; round++) {
      for (const [name, toText] of Object.entries(contenders))
        figures.get(name)!.push(measure(toText, shape.values, toBytes));
    }
    const native = median(figures.get('JSON.stringify')!);
    for (const [name, own] of figures) {
      const ns = median(own);
      const facts = {
        bench: 'serialise',
        to: toBytes ? 'bytes' : 'string',
        case: shape.name,
        contender: name,
        ns: Math.round(ns),
        speed: Number((native / ns).toFixed(2)),
      };
      console.log(
        process.argv.includes('--json')
          ? JSON.stringify(facts)
          : `${facts.to.padEnd(7)}${shape.name.padEnd(30)}${name.padEnd(20)}${String(facts.ns).padStart(8)} ns  ${facts.speed.toFixed(2).padStart(5)}x`,
      );
    }
  }
}
if (sink === 0) throw new Error('nothing was measured');
