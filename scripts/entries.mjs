import { readFileSync } from 'node:fs';
import path from 'node:path';

import { root } from './command.mjs';

/**
 * The entries of the package, as package.json exports them: `covet` itself and its rings, `covet/data` and so on.
 *
 * @typedef {{ name: string, folder: string }} Entry its folder below src/ and dist/, `''` for the package itself
 * @returns {Entry[]}
 */
export function readEntries() {
  const { exports } = JSON.parse(readFileSync(path.join(root, 'package.json'), 'utf8'));
  return Object.keys(exports)
    .filter((key) => key !== './package.json')
    .map((key) => ({ name: path.posix.join('covet', key), folder: key.slice('./'.length) }));
}

/**
 * The report of an entry's public surface, below the root.
 *
 * @param {Entry} entry
 */
export function reportOf({ name }) {
  return `__test__/api/${name.replace('/', '-')}.api.md`;
}
