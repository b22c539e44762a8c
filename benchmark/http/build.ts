import { mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

import ts from 'typescript';

import { staticFiles } from './body-cases.ts';
import { benchmarkRoot, buildRoot } from './paths.ts';

// Servers run as plain JavaScript, as they do in production: a TypeScript loader inside the measured process would
// add a thread and tens of MiB to some of them.
const compilerOptions: ts.CompilerOptions = {
  target: ts.ScriptTarget.ES2022,
  module: ts.ModuleKind.ESNext,
  experimentalDecorators: true,
  emitDecoratorMetadata: true,
  rewriteRelativeImportExtensions: true,
  verbatimModuleSyntax: true,
};

/**
 * Writes the servers and the load generators as JavaScript to `benchmark/build`, as deep as their sources lie, and the
 * files that servers send.
 */
export function buildPrograms(): void {
  rmSync(buildRoot, { recursive: true, force: true });
  for (const folder of ['servers', 'servers/bodies', 'servers/data', 'load']) {
    const source = join(benchmarkRoot, 'http', folder);
    const target = join(buildRoot, folder);
    mkdirSync(target, { recursive: true });
    for (const file of readdirSync(source)) {
      if (!file.endsWith('.ts')) continue;
      const text = readFileSync(join(source, file), 'utf8');
      const { outputText } = ts.transpileModule(text, { compilerOptions, fileName: file });
      writeFileSync(join(target, file.replace(/\.ts$/, '.js')), outputText);
    }
  }
  for (const { name, bytes } of Object.values(staticFiles)) {
    const path = join(buildRoot, 'files', name);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, bytes);
  }
}
