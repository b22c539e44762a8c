/**
 * Rewrites __test__/api/covet*.api.md, the reports of everything the package's entries export with their types. A
 * change of the public surface shows in the diff of those files.
 */
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';

import { buildTypeScript } from './build.mjs';
import { main, root, runPackage } from './command.mjs';
import { readEntries, reportOf } from './entries.mjs';

export async function reportApi() {
  await buildTypeScript();
  for (const entry of readEntries()) {
    const reportFileName = path.basename(reportOf(entry));
    const config = path.join(root, 'target', `${reportFileName}.json`);
    const mainEntryPointFilePath = path.posix.join('<projectFolder>/dist', entry.folder, 'index.d.ts');
    const extended = {
      extends: path.join(root, '__test__/api/api-extractor.json'),
      projectFolder: root,
      mainEntryPointFilePath,
      apiReport: { enabled: true, reportFileName },
    };
    writeFileSync(config, JSON.stringify(extended));
    await runPackage('@microsoft/api-extractor', 'api-extractor', ['run', '--local', '--config', config], {
      isProgress: true,
    });
  }
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) await main(reportApi);
