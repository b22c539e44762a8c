/** `npm test` ends in `N passed, N failed`: the numbers are read from what the runners really print. */
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';

import test from 'ava';

import { tallyOfAva, tallyOfCargo } from '../../scripts/test.mjs';
import { root } from '../helpers/repository.ts';

/** What ava prints for these spec files. */
function runAva(files: Record<string, string>): string {
  const target = path.join(root, 'target');
  mkdirSync(target, { recursive: true });
  // Inside the repository, where `import 'ava'` finds it.
  const folder = mkdtempSync(path.join(target, 'tally-'));
  try {
    writeFileSync(path.join(folder, 'package.json'), '{ "type": "module", "ava": { "files": ["*.spec.js"] } }');
    for (const [name, text] of Object.entries(files)) writeFileSync(path.join(folder, name), text);
    const ava = path.join(root, 'node_modules/ava/entrypoints/cli.mjs');
    const env = { ...process.env, FORCE_COLOR: '0', AVA_FORCE_CI: 'not-ci' };
    const { stdout, stderr } = spawnSync(process.execPath, [ava], { cwd: folder, encoding: 'utf8', env });
    return stdout + stderr;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

const ava = "import test from 'ava';\n";

test('passed tests are counted in one file and in many', (t) => {
  const two = `${ava}test('a', (t) => t.pass());\ntest('b', (t) => t.pass());\n`;
  t.deepEqual(tallyOfAva(runAva({ 'one.spec.js': two })), { passed: 2, failed: 0 });
  t.deepEqual(tallyOfAva(runAva({ 'one.spec.js': two, 'two.spec.js': two })), { passed: 4, failed: 0 });
});

test('what ava calls failed, skipped, todo, a known failure or uncaught is failed', (t) => {
  const output = runAva({
    'one.spec.js': `${ava}test('a', (t) => t.pass());\ntest('b', (t) => t.fail());\ntest('c', (t) => t.fail());\n`,
    'two.spec.js': `${ava}test('a', (t) => t.pass());\ntest.skip('b', (t) => t.pass());\ntest.todo('c');\ntest.failing('d', (t) => t.fail());\n`,
    'three.spec.js': `${ava}test('a', (t) => t.pass());\ntest('b', async (t) => {\n  setImmediate(() => { throw new Error('lost'); });\n  await new Promise((resolve) => setTimeout(resolve, 1000));\n  t.pass();\n});\n`,
  });
  // Passed: three times `a`. Failed: two, one skipped, one todo, one known failure, one uncaught exception.
  t.deepEqual(tallyOfAva(output), { passed: 3, failed: 6 }, output);
});

test('the results of every Rust test binary are added up, ignored tests as failed', (t) => {
  const output = `
running 3 tests
test a ... ok
test result: ok. 2 passed; 0 failed; 1 ignored; 0 measured; 0 filtered out; finished in 0.00s

   Doc-tests covet_router
test result: FAILED. 5 passed; 2 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.31s
`;
  t.deepEqual(tallyOfCargo(output), { passed: 7, failed: 3 });
});
