/**
 * Brings a fresh clone to the point where everything else can run: a Node and a Rust that are new enough, and the npm
 * packages of the lock file. Plain Node without imports from npm, since there may be none yet.
 */
import { readFileSync } from 'node:fs';
import path from 'node:path';

import { CommandError, root, run, runNpm } from './command.mjs';

/** Makes sure of the toolchains and of `node_modules`; does nothing when both are in order. */
export async function install() {
  requireNode();
  await requireCargo();
  if (isInstalled()) return;
  console.log('> npm ci (node_modules is missing or differs from package-lock.json)');
  await runNpm(['ci', '--no-audit', '--no-fund']);
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
        `if it is installed, put ~/.cargo/bin on PATH.\n${cause instanceof CommandError ? cause.message : cause}`,
    );
  }
}

/** Compares the lock file with the record npm keeps of what it installed; both list packages by their folder. */
function isInstalled() {
  const wanted = readJson('package-lock.json').packages;
  let found;
  try {
    found = readJson('node_modules/.package-lock.json').packages;
  } catch (cause) {
    if (/** @type {NodeJS.ErrnoException} */ (cause).code === 'ENOENT') return false;
    throw cause;
  }
  return Object.entries(wanted).every(
    // Optional packages are those of other platforms as well, which npm rightly leaves out.
    ([folder, { version, optional, link }]) =>
      folder === '' || optional === true || link === true || found[folder]?.version === version,
  );
}

/** @param {string} file */
function readJson(file) {
  return JSON.parse(readFileSync(path.join(root, file), 'utf8'));
}
