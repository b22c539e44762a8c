/** The guides say what the code does, where a number or a name can be compared. */
import { existsSync } from 'node:fs';
import path from 'node:path';

import test from 'ava';

import { defaultLimits } from '../../src/limits.ts';
import { listFiles, readText, root } from '../helpers/repository.ts';

const guides = listFiles('docs', '.md').filter((file) => !file.startsWith('docs/api/'));

test('the table of limits has every limit with its default', (t) => {
  const rows = readText('docs/server.md').matchAll(/^\| `(\w+)` +\| (\d+) +\|/gm);
  t.deepEqual(Object.fromEntries([...rows].map(([, name, value]) => [name, Number(value)])), defaultLimits);
});

test('the index names every guide', (t) => {
  const index = readText('docs/README.md');
  for (const guide of guides) {
    if (guide !== 'docs/README.md') t.true(index.includes(`](${path.basename(guide)})`), guide);
  }
});

for (const document of [...guides, 'README.md', 'CONTRIBUTING.md', 'examples/blog/README.md']) {
  test(`${document} links to files that exist`, (t) => {
    const links = [...readText(document).matchAll(/\]\((?!https?:)([^)#]+)/g)].map(([, link]) => link!);
    const dead = links.filter((link) => !existsSync(path.join(root, path.dirname(document), link)));
    t.deepEqual(dead, []);
  });
}
