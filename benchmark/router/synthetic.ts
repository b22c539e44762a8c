/**
 * Writes tables/synthetic.json: 10,000 routes shaped like one big service, and 2,000 look-ups among them.
 * The same seed gives the same file, so run it only to change the shape: `npx tsx benchmark/router/synthetic.ts`.
 */
import { writeFileSync } from 'node:fs';

const ROUTES = 10_000;
const LOOKUPS = 2_000;

/** Mulberry32: small, seeded, and good enough to spread names. */
function createRandom(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below;
  };
}

const random = createRandom(20_260_730);
const pick = <T>(from: readonly T[]): T => from[random(from.length)]!;

const SYLLABLES = [
  'ac',
  'bil',
  'con',
  'de',
  'ex',
  'for',
  'in',
  'lo',
  'ma',
  'net',
  'or',
  'pay',
  're',
  'sub',
  'tra',
  'us',
];
const word = (): string => Array.from({ length: 2 + random(3) }, () => pick(SYLLABLES)).join('');

const words = Array.from(new Set(Array.from({ length: 900 }, word)));
const methods = ['GET', 'GET', 'GET', 'POST', 'PUT', 'PATCH', 'DELETE'];

function toPattern(): string {
  const segments = [`v${1 + random(3)}`, pick(words)];
  const depth = 1 + random(3);
  for (let level = 0; level < depth; level++) {
    if (random(3) > 0) segments.push(`{p${level}}`);
    if (random(4) > 0) segments.push(pick(words));
  }
  return `/${segments.join('/')}`;
}

const routes = new Map<string, [string, string]>();
while (routes.size < ROUTES) {
  const route: [string, string] = [pick(methods), toPattern()];
  // Two names for one shape would be a conflict, so the key leaves names out.
  routes.set(`${route[0]} ${route[1].replace(/\{\w+\}/g, '{}')}`, route);
}

const table = [...routes.values()];
const lookups = Array.from({ length: LOOKUPS }, (_, at): [string, string] => {
  const [method, pattern] = pick(table);
  const path = pattern.replace(/\{\w+\}/g, () => pick(['42', '1f3b9c2a', 'octocat', 'ada-lovelace', '2026-07-30']));
  return [method, at % 10 === 0 ? `${path}/${pick(words)}x` : path];
});

const lines = (rows: readonly (readonly [string, string])[]): string =>
  rows.map((row) => `    ["${row[0]}", "${row[1]}"]`).join(',\n');
writeFileSync(
  new URL('./tables/synthetic.json', import.meta.url),
  `{\n  "routes": [\n${lines(table)}\n  ],\n  "lookups": [\n${lines(lookups)}\n  ]\n}\n`,
);
