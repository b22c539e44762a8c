import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join, relative, resolve } from 'node:path';

const root = resolve(import.meta.dirname, '../..');

/** Every TypeScript the public types are promised to work under, by the name it is installed as. */
export const compilers = ['typescript-5.9', 'typescript', 'typescript-7'] as const;
export type Compiler = (typeof compilers)[number];

const tscOf = (compiler: Compiler): string =>
  join(dirname(createRequire(import.meta.url).resolve(`${compiler}/package.json`)), 'bin/tsc');

/** Two at a time: a compiler takes a core and half a gigabyte. */
const slots = { free: 2, waiting: [] as (() => void)[] };

async function inSlot<T>(job: () => Promise<T>): Promise<T> {
  if (slots.free > 0) slots.free -= 1;
  else await new Promise<void>((go) => slots.waiting.push(go));
  try {
    return await job();
  } finally {
    const next = slots.waiting.shift();
    if (next === undefined) slots.free += 1;
    else next();
  }
}

/** Runs a compiler on a project; `output` is all it printed, `clean` whether it found nothing wrong. */
export function check(
  compiler: Compiler,
  project: string,
  flags: readonly string[] = [],
): Promise<{ readonly clean: boolean; readonly output: string }> {
  const args = [tscOf(compiler), '-p', project, '--noEmit', '--pretty', 'false', ...flags];
  return inSlot(
    () =>
      new Promise((done, fail) => {
        execFile(process.execPath, args, { cwd: root, maxBuffer: 2 ** 26 }, (error, stdout, stderr) => {
          // 1 and 2 are a compiler's own words for "there are errors"; anything else is a compiler that did not run.
          if (error !== null && error.code !== 1 && error.code !== 2) fail(new Error(`${compiler}: ${error.message}`));
          else done({ clean: error === null, output: stdout + stderr });
        });
      }),
  );
}

/** Writes `source` into a project of its own below the repository, runs `use` on the project's folder, and removes it. */
export async function withProgram<T>(
  source: (src: string) => string,
  use: (project: string) => Promise<T>,
): Promise<T> {
  await mkdir(join(root, 'build'), { recursive: true });
  const folder = await mkdtemp(join(root, 'build/types-'));
  try {
    await writeFile(join(folder, 'program.ts'), source(relative(folder, join(root, 'src'))));
    const project = { extends: relative(folder, join(root, '__test__/types/tsconfig.json')), include: ['program.ts'] };
    await writeFile(join(folder, 'tsconfig.json'), JSON.stringify(project));
    return await use(folder);
  } finally {
    await rm(folder, { recursive: true });
  }
}
