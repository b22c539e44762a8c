import { readFileSync } from 'node:fs';

import test from 'ava';

import { errorCodes, isErrorCategory, toErrorCode } from '../../src/error-code.ts';
import type { ErrorCodeEntry } from '../../src/error-code.ts';

const codes = new Map<string, ErrorCodeEntry>(Object.entries(errorCodes));
const read = (path: string): string => readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8');

const documented = new Map(
  [...read('docs/errors.md').matchAll(/^\| `([A-Z_]+)`\s*\| (\d+)\s*\| (\w+)\s*\| (.+?)\s*\| (.+?)\s*\|$/gm)].map(
    ([, code, status, category]) => [code!, { status: Number(status), category: category! }],
  ),
);

test('every code is documented with its status and category, and nothing else is', (t) => {
  t.deepEqual([...documented.keys()].toSorted(), [...codes.keys()].toSorted());
  for (const [code, entry] of codes) t.deepEqual(documented.get(code), { ...entry }, code);
});

test('every category is one of the seven', (t) => {
  for (const [code, { category }] of codes) t.true(isErrorCategory(category), code);
  t.false(isErrorCategory('VALIDATION'));
});

test("the server's own refusals use the same codes, statuses and categories", (t) => {
  const kinds = [...read('crates/http/src/refusal.rs').matchAll(/kind\((\d+), "([A-Z_]+)", Category::(\w+)\)/g)];
  t.true(kinds.length >= 10);
  for (const [, status, code, variant] of kinds) {
    const category = variant!.replaceAll(/(?<=[a-z])(?=[A-Z])/g, '_').toLowerCase();
    t.deepEqual({ ...codes.get(code!) }, { status: Number(status), category }, code);
  }
});

test('every code the router, the server and the addon throw is known', (t) => {
  const inRouter = read('crates/router/src/error.rs').matchAll(/=> "([A-Z_]+)"/g);
  const addon = ['options', 'router', 'server', 'bridge/shard']
    .map((file) => read(`crates/node/src/${file}.rs`))
    .join('');
  // Beside Node's own, EADDRINUSE and the like.
  const inServer = read('crates/server/src/io_threads.rs').matchAll(/=> "([A-Z]+_[A-Z_]+)"/g);
  const thrown = [inRouter, inServer, addon.matchAll(/coded\(\s*"([A-Z_]+)"/g)].flatMap((found) =>
    [...found].map(([, code]) => code!),
  );
  t.true(thrown.length >= 8);
  for (const code of thrown) t.true(codes.has(code), code);
});

test('the code of a status is sent with that status', (t) => {
  for (let status = 400; status < 600; status++) {
    const code = toErrorCode(status);
    if (code !== 'BUSINESS_LOGIC_ERROR' && code !== 'SYSTEM_ERROR') t.is(codes.get(code)?.status, status);
  }
  t.is(toErrorCode(500), 'SYSTEM_ERROR');
});
