/**
 * Rewrites __test__/api/covet.api.md, the report of everything the package exports with its types. A change of the
 * public surface shows in the diff of that file.
 */
import { buildTypeScript } from './build.mjs';
import { runPackage } from './command.mjs';

await buildTypeScript();
await runPackage('@microsoft/api-extractor', 'api-extractor', [
  'run',
  '--local',
  '--config',
  '__test__/api/api-extractor.json',
]);
