/**
 * Brings a fresh clone to the point where everything else can run: a Node and a Rust that are new enough, and the npm
 * packages of the lock file. Plain Node without imports from npm, since there may be none yet.
 */
import { readFileSync } from 'node:fs';
import path from 'node:path';

import { CommandError, root, run, runNpm } from './command.mjs';

/**
 * Makes sure of the toolchains and of a folder's `node_modules`; does nothing when all are in order.
 *
 * @param {string} [folder] the one of a package.json with its lock file
 */
export async function install(folder = '.') {
  requireNode();
  await requireCargo();
  if (isInstalled(folder)) return;
  console.error(`> npm ci in ${folder} (node_modules is missing or differs from package-lock.json)`);
  await runNpm(['ci', '--prefix', folder, '--no-audit', '--no-fund'], { isProgress: true });
}

function requireNode() {
  const wanted = readJson('package.json').engines.node.replace('>=', '').split('.').map(Number);
  const found = process.versions.node.split('.').map(Number);
  const isOlder = found[0] < wanted[0] || (found[0] === wanted[0] && found[1] < wanted[1]);
  if (isOlder) throw new CommandError(`Node ${wanted.join('.')} or newer is needed, this is ${process.versions.node}`);
}

async function requireCargo() {
  try {
    await run('cargo', ['--version'], { capture: 'silent' });
  } catch (cause) {
    throw new CommandError(
      "cargo is needed to build Covet's native half and does not run. Install Rust from https://rustup.rs, or, " +
        `if it is installed, put ~/.cargo/bin on PATH.\n${cause instanceof Error ? cause.message : String(cause)}`,
    );
  }
}

/**
 * Compares the lock file with the record npm keeps of what it installed; both list packages by their folder.
 *
 * @param {string} folder
 */
function isInstalled(folder) {
  const wanted = readJson(path.join(folder, 'package-lock.json')).packages;
  let found;
  try {
    found = readJson(path.join(folder, 'node_modules/.package-lock.json')).packages;
  } catch (cause) {
    if (/** @type {NodeJS.ErrnoException} */ (cause).code === 'ENOENT') return false;
    throw cause;
  }
  return Object.entries(wanted).every(
    // Optional packages are those of other platforms as well, which npm rightly leaves out.
    ([name, { version, optional, link }]) =>
      name === '' || optional === true || link === true || found[name]?.version === version,
  );
}

/** @param {string} file */
function readJson(file) {
  return JSON.parse(readFileSync(path.join(root, file), 'utf8'));
}
