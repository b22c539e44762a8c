/** Every example in the documentation compiles against the built package, and prints what it says it prints. */
import { spawnSync } from 'node:child_process';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';

import test from 'ava';

import { type DocExample, readDocExamples } from '../helpers/doc-examples.ts';
import { listFiles, readText, root } from '../helpers/repository.ts';

// Inside the repository, where `import 'covet'` is the package itself: the built one, through its `exports`.
const folder = path.join(root, 'target/doc-examples');
const documents = [
  'README.md',
  'ARCHITECTURE.md',
  'CONTRIBUTING.md',
  ...listFiles('docs', '.md'),
  ...listFiles('src', '.ts').filter((file) => !file.endsWith('.d.ts')),
];
const examples = documents.flatMap((document) => readDocExamples(document, readText(document)));

function fileOf({ place, fileName }: DocExample): string {
  return path.join(folder, place.replace(/:\d+$/, '').replaceAll(/[/.]/g, '-'), fileName);
}

function run(args: readonly string[]): { output: string; status: number | null } {
  // PORT 0: an example that listens takes a port that is free.
  const env = { ...process.env, PORT: '0', NODE_ENV: 'development' };
  const { stdout, stderr, status } = spawnSync(process.execPath, args, {
    cwd: root,
    encoding: 'utf8',
    env,
    timeout: 30_000,
  });
  return { output: status === 0 ? stdout : stdout + stderr, status };
}

test.before(() => {
  rmSync(folder, { recursive: true, force: true });
  for (const example of examples) {
    mkdirSync(path.dirname(fileOf(example)), { recursive: true });
    writeFileSync(fileOf(example), example.code);
  }
  const compilerOptions = {
    declaration: false,
    isolatedDeclarations: false,
    noUnusedLocals: false,
    noUnusedParameters: false,
  };
  writeFileSync(
    path.join(folder, 'tsconfig.json'),
    JSON.stringify({ extends: '../../tsconfig.json', compilerOptions, include: ['.'] }),
  );
});

test('every example compiles', (t) => {
  t.true(examples.length > 0);
  const { output, status } = run([path.join(root, 'node_modules/typescript/bin/tsc'), '-p', folder]);
  t.is(status, 0, output);
});

for (const example of examples.filter(({ output }) => output.length > 0)) {
  test(`${example.place} prints what it says`, (t) => {
    const { output, status } = run(['--import=tsx', fileOf(example)]);
    t.is(status, 0, output);
    const printed = output.trimEnd().split('\n');
    // Lines of the application's log are not the example's own.
    t.deepEqual(
      printed.filter((line) => !line.startsWith('{"level":')),
      example.output,
    );
  });
}

test('examples are found in Markdown and in doc comments, with their names and outputs', (t) => {
  const markdown =
    '# A\n```ts\n// app.ts\nconst a: number = 1;\n```\n```sh\nls\n```\n  ```ts\n  console.log(a); // 1\n    b();\n  ```\n';
  t.deepEqual(readDocExamples('a.md', markdown), [
    { place: 'a.md:3', fileName: 'app.ts', code: '// app.ts\nconst a: number = 1;\nexport {};\n', output: [] },
    { place: 'a.md:10', fileName: 'line-10.ts', code: 'console.log(a); // 1\n  b();\nexport {};\n', output: ['1'] },
  ]);
  const source = '/**\n * Adds.\n *\n * @example\n * ```ts\n * add(1, 2);\n * ```\n */\nconst text = `\n```ts\n`;\n';
  t.deepEqual(readDocExamples('a.ts', source), [
    { place: 'a.ts:6', fileName: 'line-6.ts', code: 'add(1, 2);\nexport {};\n', output: [] },
  ]);
  const internal = "/**\n * ```ts\n * import { add } from './add.ts';\n * ```\n */\n";
  t.is(
    readDocExamples('src/di/b.ts', internal)[0]?.code,
    "import { add } from '../../../src/di/add.ts';\nexport {};\n",
  );
  t.throws(() => readDocExamples('a.md', '```ts\nlet a;\n'), { message: /never ends/ });
});
