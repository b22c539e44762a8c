/**
 * Type-checks the TypeScript projects of the repository without writing anything: the sources under the strictest
 * settings, then what uses them. The benchmark is not among them: its peers are installed by `npm run bench` alone.
 */
import { CommandError, runPackage } from './command.mjs';

const projects = ['tsconfig.json', '__test__', 'examples', 'scripts'];
const failed = [];
for (const project of projects) {
  try {
    await runPackage('typescript', 'tsc', ['--noEmit', '-p', project]);
  } catch (error) {
    if (!(error instanceof CommandError)) throw error;
    failed.push(project);
  }
}
if (failed.length > 0) {
  console.error(`type errors in: ${failed.join(', ')}`);
  process.exitCode = 1;
}
