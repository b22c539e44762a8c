/**
 * Proves that the generated files in git are what the sources generate: rebuilds them and fails when one differs.
 */
import { buildNative } from './build.mjs';
import { CommandError, run, runNpm } from './command.mjs';

const generated = ['src/native/binding.js', 'src/native/binding.d.ts', '__test__/api/covet.api.md', 'Cargo.lock'];

await buildNative('debug');
await runNpm(['run', '--silent', 'api']);
const changes = await run('git', ['status', '--porcelain', '--', ...generated], { capture: 'silent' });
if (changes !== '') {
  await run('git', ['--no-pager', 'diff', '--', ...generated]);
  throw new CommandError(`generated files differ from those in git; look at them, then commit them:\n${changes}`);
}
console.log('generated files are fresh');
