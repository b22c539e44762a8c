/** The public types under every promised compiler: what must compile does, what must not says why, and neither is dear. */
import { join } from 'node:path';

import test, { type ExecutionContext } from 'ava';

import { check, type Compiler, compilers, withProgram } from './compile.ts';
import { manyRoutes } from './many-routes.ts';
import { mistakes, preamble } from './mistakes.ts';

const projects = {
  'standard decorators': 'tsconfig.json',
  experimentalDecorators: 'tsconfig.legacy.json',
  'less strict': 'tsconfig.loose.json',
};

for (const compiler of compilers) {
  for (const [name, file] of Object.entries(projects)) {
    test(`${compiler}, ${name}: every case compiles, every expected error is one`, async (t) => {
      t.timeout(300_000);
      const { clean, output } = await check(compiler, join(import.meta.dirname, file));
      t.true(clean, output);
    });
  }
}

/** The first line of what a compiler says about each line of the program. */
function complaints(output: string): Map<number, string> {
  const first = new Map<number, string>();
  for (const [, line, text] of output.matchAll(/^\S*program\.ts\((\d+),\d+\): error (.*)$/gm)) {
    if (!first.has(Number(line))) first.set(Number(line), text!);
  }
  return first;
}

async function complain(t: ExecutionContext, compiler: Compiler, flags: readonly string[]): Promise<void> {
  t.timeout(300_000);
  let before = 0;
  const program = (src: string): string => {
    before = preamble(src).split('\n').length - 1;
    return preamble(src) + mistakes.map(({ code }) => `${code}\n`).join('');
  };
  const { output } = await withProgram(program, (project) => check(compiler, project, flags));
  const said = complaints(output);
  for (const [index, { title, code, says }] of mistakes.entries()) {
    t.regex(said.get(before + index + 1) ?? 'nothing', says, `${title}: ${code}`);
  }
  t.is(said.size, mistakes.length, `a line that is no mistake is complained about:\n${output}`);
}

for (const compiler of compilers) {
  test(`${compiler}: the first line of an error says what is wrong`, complain, compiler, []);
  test(`${compiler}: so it does under experimentalDecorators`, complain, compiler, ['--experimentalDecorators']);
}

/** Per route, all of zod's own work included. The count is the same on every machine and every run. */
const INSTANTIATIONS_PER_ROUTE = 3_000;

async function instantiations(t: ExecutionContext, compiler: Compiler, routes: number): Promise<number> {
  const { clean, output } = await withProgram(
    (src) => manyRoutes(routes, src),
    (project) => check(compiler, project, ['--extendedDiagnostics']),
  );
  t.true(clean, output);
  const count = /^Instantiations:\s+(\d+)$/m.exec(output)?.[1];
  if (count === undefined) throw new Error(`${compiler} printed no count of instantiations:\n${output}`);
  return Number(count);
}

for (const compiler of ['typescript', 'typescript-7'] as const) {
  test(`${compiler}: checking a route costs little, and the thousandth no more than the first`, async (t) => {
    t.timeout(300_000);
    const [none, fifty, twoHundred] = [
      await instantiations(t, compiler, 0),
      await instantiations(t, compiler, 50),
      await instantiations(t, compiler, 200),
    ];
    const early = (fifty - none) / 50;
    const late = (twoHundred - fifty) / 150;
    t.log(`instantiations a route: ${early.toFixed(0)} among 50, ${late.toFixed(0)} among 200`);
    t.true(early <= INSTANTIATIONS_PER_ROUTE, `${early} a route`);
    // The first routes also pay for what all share, so growth shows as a later route that costs more.
    t.true(late <= early * 1.05, `${early} a route at first, ${late} later: not linear`);
  });
}
