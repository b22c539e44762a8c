import test from 'ava';

import { parseWrkReport, toLuaScript } from '../../benchmark/http/load/wrk.ts';

test('reads the line of numbers out of the report', (t) => {
  const report = 'Running 3s test\n  8 threads\nnumbers 120000 3000000 640 5120 3 2\n';
  t.deepEqual(parseWrkReport(report), {
    requests: 120_000,
    seconds: 3,
    p50Ms: 0.64,
    p99Ms: 5.12,
    non2xx: 3,
    socketErrors: 2,
  });
});

test('a report without numbers is an error', (t) => {
  t.throws(() => parseWrkReport('Running 3s test\n'), { message: /no numbers/ });
  t.throws(() => parseWrkReport('numbers 1 2 nan 4 5 6\n'), { message: /1 2 nan/ });
  t.throws(() => parseWrkReport('numbers 1 2 3\n'), { message: /1 2 3/ });
});

test('nothing in a request means anything to Lua', (t) => {
  const request = { method: 'POST', path: '/', headers: { 'x-a': 'b" .. os.exit() .. "' }, body: 'x' } as const;
  const script = toLuaScript(request, '/a folder/"]]\\n');
  const literals = script.slice(0, script.indexOf('function done')).match(/"[^"\n]*"/g) ?? [];
  t.true(literals.length >= 4);
  for (const literal of literals.filter((each) => each !== '"Connection"' && each !== '"keep-alive"')) {
    t.regex(literal, /^"(?:[A-Za-z0-9]|\\\d{3})*"$/);
  }
  t.true(script.includes(String.raw`wrk.body = io.open("\047a\032folder\047\034\093\093`), script);
});
