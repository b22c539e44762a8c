/** The linter's rules fire: each bad sample is refused by the rule that is there to refuse it, and only by that one. */
import { spawnSync } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

import test from 'ava';

import { root } from '../helpers/repository.ts';

type Files = Record<string, string>;

/** Lints files as if they stood in the repository; gives `file: rule` for every fault. */
function lint(files: Files): string[] {
  const folder = mkdtempSync(path.join(tmpdir(), 'covet-lint-'));
  try {
    copyFileSync(path.join(root, '.oxlintrc.json'), path.join(folder, '.oxlintrc.json'));
    for (const [file, text] of Object.entries(files)) {
      mkdirSync(path.dirname(path.join(folder, file)), { recursive: true });
      writeFileSync(path.join(folder, file), text);
    }
    const oxlint = path.join(root, 'node_modules/oxlint/bin/oxlint');
    const { stdout, status } = spawnSync(process.execPath, [oxlint, '--format=json'], {
      cwd: folder,
      encoding: 'utf8',
    });
    const faults: { filename: string; code?: string; message: string }[] = JSON.parse(stdout).diagnostics;
    if ((status === 0) !== (faults.length === 0)) throw new Error(`oxlint gave ${status} for ${stdout}`);
    return faults.map(({ filename, code, message }) => `${filename}: ${code ?? message}`).sort();
  } finally {
    rmSync(folder, { recursive: true });
  }
}

const refused: Record<string, { files: Files; faults: string[] }> = {
  'a cycle, be it of types alone': {
    files: {
      'src/a.ts': "import type { B } from './b.ts';\nexport interface A {\n  b: B;\n}\n",
      'src/b.ts': "import type { A } from './a.ts';\nexport interface B {\n  a: A;\n}\n",
    },
    faults: ['src/a.ts: import(no-cycle)', 'src/b.ts: import(no-cycle)'],
  },
  'a second barrel': {
    files: { 'src/a.ts': 'export const a = 1;\n', 'src/di/all.ts': "export * from '../a.ts';\n" },
    faults: ['src/di/all.ts: oxc(no-barrel-file)'],
  },
  'the addon outside native/index.ts': {
    files: Object.fromEntries(
      ['src/app.ts', 'src/di/a.ts', 'src/internal/a.ts', 'src/native/to-native.ts', 'src/types/a.ts'].map((file) => [
        file,
        "import { serve } from '#native';\n\nserve();\n",
      ]),
    ),
    faults: ['src/app.ts', 'src/di/a.ts', 'src/internal/a.ts', 'src/native/to-native.ts', 'src/types/a.ts'].map(
      (file) => `${file}: eslint(no-restricted-imports)`,
    ),
  },
  'an import against the order of the rooms': {
    files: {
      'src/di/a.ts': "import type { App } from '../app.ts';\n\nexport type A = App;\n",
      'src/internal/a.ts': "import { a } from '../di/a.ts';\n\na();\n",
      'src/native/index.ts': "import { app } from '../app.ts';\n\napp();\n",
      'src/types/a.ts': "import type { Fault } from '../error.ts';\n\nexport type A = Fault;\n",
      'src/validation/a.ts': "import { a } from '../native/index.ts';\n\na();\n",
    },
    faults: ['src/di/a.ts', 'src/internal/a.ts', 'src/native/index.ts', 'src/types/a.ts', 'src/validation/a.ts'].map(
      (file) => `${file}: eslint(no-restricted-imports)`,
    ),
  },
  'a file of more than 300 lines': {
    files: { 'src/a.ts': `${'// a line\n'.repeat(300)}export const a = 1;\n` },
    faults: ['src/a.ts: eslint(max-lines)'],
  },
  'a function of more than 60 lines': {
    files: { 'src/a.ts': `export function f(a: number): number {\n${'  a += 1;\n'.repeat(60)}  return a;\n}\n` },
    faults: ['src/a.ts: eslint(max-lines-per-function)'],
  },
  'a function of more than 20 paths': {
    files: {
      'src/a.ts': `export function f(a: number): number {\n${Array.from({ length: 20 }, (_, i) => `  if (a === ${i}) return ${i + 1};\n`).join('')}  return a;\n}\n`,
    },
    faults: ['src/a.ts: eslint(complexity)'],
  },
  'a swallowed error': {
    files: { 'src/a.ts': 'export function f(g: () => void): void {\n  try {\n    g();\n  } catch {}\n}\n' },
    faults: ['src/a.ts: eslint(no-empty)'],
  },
  'code made of strings': {
    files: { 'src/a.ts': "export const f: unknown = new Function('return 1');\n" },
    faults: ['src/a.ts: eslint(no-new-func)'],
  },
  'a default export': {
    files: { 'src/a.ts': 'export default 1;\n' },
    faults: ['src/a.ts: import(no-default-export)'],
  },
  'a disabled rule that was never broken': {
    files: { 'src/a.ts': '// oxlint-disable-next-line no-console\nexport const a = 1;\n' },
    faults: ['src/a.ts: Unused oxlint-disable directive (no problems were reported).'],
  },
};

for (const [name, { files, faults }] of Object.entries(refused)) {
  test(`the linter refuses ${name}`, (t) => t.deepEqual(lint(files), faults));
}

test('the linter allows the one barrel and the one door to the addon', (t) => {
  const files = {
    'src/index.ts': "export * from './native/index.ts';\n",
    'src/native/index.ts': "import { serve } from '#native';\n\nserve();\nexport const a = 1;\n",
  };
  t.deepEqual(lint(files), []);
});
