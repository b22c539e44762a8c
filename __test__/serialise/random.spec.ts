import test from 'ava';
import { z } from 'zod';

import { compileSerialiser } from '../../src/serialise.ts';

/** A generator of its own, so that a failure can be repeated from its seed. */
function randomOf(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

type Random = (below: number) => number;
interface Made {
  readonly schema: z.ZodType;
  readonly value: () => unknown;
}

const texts = [
  '',
  'plain',
  'with "quotes"',
  'back\\slash',
  'line\nbreak',
  'é',
  '漢字',
  '😀',
  '\ud800',
  'x'.repeat(50),
  `${'y'.repeat(45)}"`,
];
const leak = 'LEAK';

function scalar(random: Random): Made {
  switch (random(6)) {
    case 0:
      return { schema: z.string(), value: () => texts[random(texts.length)] };
    case 1:
      return { schema: z.number(), value: () => (random(2_000_000) - 1_000_000) / (1 + random(1000)) };
    case 2:
      return { schema: z.int(), value: () => random(2 ** 31) - 2 ** 30 };
    case 3:
      return { schema: z.boolean(), value: () => random(2) === 0 };
    case 4:
      return { schema: z.enum(['a', 'b"', 'ç']), value: () => ['a', 'b"', 'ç'][random(3)] };
    default:
      return { schema: z.null(), value: () => null };
  }
}

function make(random: Random, depth: number): Made {
  const kind = depth === 0 ? 0 : random(9);
  if (kind < 2) return scalar(random);
  if (kind === 2) {
    const item = make(random, depth - 1);
    return { schema: z.array(item.schema), value: () => Array.from({ length: random(4) }, item.value) };
  }
  if (kind === 3) {
    const inner = make(random, depth - 1);
    return { schema: inner.schema.nullable(), value: () => (random(3) === 0 ? null : inner.value()) };
  }
  if (kind === 4) {
    const inner = make(random, depth - 1);
    return {
      schema: z.record(z.string(), inner.schema),
      value: () =>
        Object.fromEntries(
          Array.from({ length: random(4) }, (_, n) => [`k${n}${texts[random(texts.length)]}`, inner.value()]),
        ),
    };
  }
  const fields = Array.from({ length: random(10) }, (_, n) => ({
    key: ['id', 'toString', 'constructor', 'ключ', 'a"b'][random(40)] ?? `field${n}`,
    optional: random(3) === 0,
    made: make(random, depth - 1),
  }));
  const shape = Object.fromEntries(
    fields.map(({ key, optional, made }) => [key, optional ? made.schema.optional() : made.schema]),
  );
  return {
    schema: z.object(shape),
    value: () => {
      // Without a prototype: zod takes an inherited `toString` for a value.
      const object: Record<string, unknown> = Object.assign(Object.create(null), { leak });
      for (const { key, optional, made } of new Map(fields.map((field) => [field.key, field])).values()) {
        if (!optional || random(2) === 0) object[key] = made.value();
        object[`leak${key}`] = { leak };
      }
      return object;
    },
  };
}

test('random schemas and values are written as the schema and JSON.stringify together would have it', (t) => {
  for (let seed = 1; seed <= 400; seed++) {
    const random = randomOf(seed);
    const { schema, value } = make(random, 4);
    const toText = compileSerialiser(schema);
    for (let round = 0; round < 5; round++) {
      const sample = value();
      const json = toText(sample) as string;
      t.is(json, JSON.stringify(schema.parse(sample)), `seed ${seed}`);
      t.false(json.includes(leak));
    }
  }
});
