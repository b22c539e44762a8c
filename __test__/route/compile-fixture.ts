import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join, relative, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';

const run = promisify(execFile);
const root = resolve(import.meta.dirname, '../..');

/** Where a compiler's `tsc` is: `typescript`, `typescript-5.9` or `typescript-7`. */
export const tscOf = (compiler: string): string =>
  join(dirname(createRequire(import.meta.url).resolve(`${compiler}/package.json`)), 'bin/tsc');

/**
 * Compiles a fixture and the sources it imports to JavaScript and imports the result.
 * The output goes below the repository, so that the compiled code finds its packages; the caller removes `folder`.
 */
export async function compileFixture(
  fixture: string,
  options: { readonly compiler: string; readonly experimentalDecorators: boolean },
): Promise<{ readonly folder: string; readonly module: Promise<any> }> {
  await mkdir(join(root, 'build'), { recursive: true });
  const folder = await mkdtemp(join(root, 'build/fixture-'));
  const project = {
    extends: relative(folder, join(root, 'tsconfig.json')),
    compilerOptions: {
      noEmit: false,
      declaration: false,
      isolatedDeclarations: false,
      experimentalDecorators: options.experimentalDecorators,
      rootDir: root,
      outDir: join(folder, 'out'),
    },
    include: [],
    files: [join(root, fixture)],
  };
  await writeFile(join(folder, 'tsconfig.json'), JSON.stringify(project));
  await run(process.execPath, [tscOf(options.compiler), '-p', folder]).catch((error: { stdout: string }) => {
    throw new Error(`${options.compiler} refused ${fixture}:\n${error.stdout}`);
  });
  const file = join(folder, 'out', fixture.replace(/\.ts$/, '.js'));
  return { folder, module: import(pathToFileURL(file).href) };
}
