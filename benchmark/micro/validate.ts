/**
 * What checking a request's inputs costs beyond the schema library's own work.
 *
 * Run: `npx tsx benchmark/micro/validate.ts [--json]`. Each figure is the processor time of one request, the median of
 * 31 rounds of about 10 ms, cases interleaved round by round. "bare" hands the same values, coerced by hand, to the
 * same schemas: the difference is Covet's share.
 */
import { z } from 'zod';

import { parseJson } from '../../src/internal/parse-json.ts';
import { compileInputs } from '../../src/validation/inputs.ts';
import type { InputSchemas, RawInputs } from '../../src/validation/raw-inputs.ts';

interface Case {
  readonly name: string;
  readonly once: () => unknown;
}

const rounds = 31;
const roundTime = 10_000_000n;

const Params = z.object({ id: z.int() });
const Query = z.object({ page: z.int().min(1).default(1), per_page: z.int().max(100), tags: z.array(z.string()) });
const Body = z.object({
  name: z.string().min(1).max(100),
  email: z.email(),
  age: z.int().min(0),
  is_active: z.boolean(),
  role: z.enum(['user', 'admin']),
  tags: z.array(z.string()),
  address: z.object({ street: z.string(), city: z.string() }),
  bio: z.string().optional(),
});

const values: Omit<RawInputs, 'request'> = {
  params: () => ({ id: '42' }),
  query: () => ({ page: '3', per_page: '20', tags: ['a', 'b'] }),
  headers: () => ({}),
  cookies: () => ({}),
  body: () => body,
  form: () => ({}),
};
const body = {
  name: 'Ada Lovelace',
  email: 'ada@example.com',
  age: 36,
  is_active: true,
  role: 'admin',
  tags: ['rust', 'typescript'],
  address: { street: '12 St James Square', city: 'London' },
};
const bodyText = Buffer.from(JSON.stringify(body));
const raw: RawInputs = { ...values, request: undefined };
const bad: RawInputs = { ...raw, body: () => ({ ...body, email: 'nobody', age: -1 }) };

function covet(name: string, schemas: InputSchemas, from: RawInputs = raw): Case {
  const plan = compileInputs(schemas)!;
  return {
    name,
    once: () => {
      const target = {};
      try {
        void plan.run(from, target);
      } catch (error) {
        return error;
      }
      return target;
    },
  };
}

const cases: readonly Case[] = [
  covet('params: 1 integer', { params: Params }),
  { name: 'bare', once: () => Params['~standard'].validate({ id: Number(raw.params()['id']) }) },
  covet('query: 2 integers, 1 list', { query: Query }),
  {
    name: 'bare',
    once: () => {
      const { page, per_page, tags } = raw.query();
      return Query['~standard'].validate({ page: Number(page), per_page: Number(per_page), tags });
    },
  },
  covet('body: 8 fields, nested', { body: Body }),
  { name: 'bare', once: () => Body['~standard'].validate(raw.body()) },
  covet('all three', { params: Params, query: Query, body: Body }),
  covet('body with two faults', { body: Body }, bad),
  { name: 'bare', once: () => Body['~standard'].validate(bad.body()) },
  { name: `parseJson, ${bodyText.length} bytes`, once: () => parseJson(bodyText) },
  { name: 'bare', once: () => JSON.parse(bodyText.toString()) as unknown },
];

let sink: unknown;

/** Nanoseconds of processor time for one call: other programs on the machine slow the clock, not this. */
function measure(once: () => unknown): number {
  const batch = 200;
  let runs = 0;
  const begin = process.hrtime.bigint();
  const before = process.cpuUsage();
  do {
    for (let count = 0; count < batch; count++) sink = once();
    runs += batch;
  } while (process.hrtime.bigint() - begin < roundTime);
  const { user, system } = process.cpuUsage(before);
  return ((user + system) * 1000) / runs;
}

const figures = cases.map((): number[] => []);
for (const { once } of cases) measure(once);
for (let round = 0; round < rounds; round++) {
  for (const [index, { once }] of cases.entries()) figures[index]!.push(measure(once));
}
let subject = '';
for (const [index, { name }] of cases.entries()) {
  if (name !== 'bare') subject = name;
  const ns = Math.round(figures[index]!.toSorted((a, b) => a - b)[rounds >> 1]!);
  const label = name === 'bare' ? `  bare: ${subject}` : name;
  console.log(
    process.argv.includes('--json')
      ? JSON.stringify({ bench: 'validate', case: label.trim(), ns })
      : `${label.padEnd(36)} ${String(ns).padStart(6)} ns`,
  );
}
if (sink === undefined) throw new Error('nothing was measured');
