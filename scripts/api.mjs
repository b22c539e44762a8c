/**
 * Rewrites __test__/api/covet.api.md, the report of everything the package exports with its types. A change of the
 * public surface shows in the diff of that file.
 */
import { pathToFileURL } from 'node:url';

import { buildTypeScript } from './build.mjs';
import { main, runPackage } from './command.mjs';

export async function reportApi() {
  await buildTypeScript();
  const args = ['run', '--local', '--config', '__test__/api/api-extractor.json'];
  await runPackage('@microsoft/api-extractor', 'api-extractor', args, { isProgress: true });
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) await main(reportApi);
