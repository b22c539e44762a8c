/**
 * Builds the package: the addon with its loader and types into src/native, then TypeScript into dist.
 *
 *     node scripts/build.mjs [--debug] [--native | --typescript] [flags for `napi build`]
 *
 * Cargo and tsc decide themselves what is still fresh, so that a second build takes about three seconds.
 */
import { existsSync, readdirSync, rmSync } from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';

import { main, root, runPackage } from './command.mjs';

/**
 * Builds addon and TypeScript.
 *
 * @param {'release' | 'debug'} profile `debug` has Rust's debug assertions and overflow checks on
 */
export async function build(profile) {
  await buildNative(profile);
  await buildTypeScript();
}

/**
 * @param {'release' | 'debug'} profile
 * @param {readonly string[]} [flags] more for `napi build`, such as `--target` for another platform
 */
export async function buildNative(profile, flags = []) {
  const files = ['--output-dir', 'src/native', '--js', 'binding.js', '--dts', 'binding.d.ts'];
  const release = profile === 'release' ? ['--release'] : [];
  const args = ['build', '--platform', '--esm', ...files, ...release, ...flags];
  await runPackage('@napi-rs/cli', 'napi', args, { isProgress: true });
}

export async function buildTypeScript() {
  removeOrphans(path.join(root, 'dist'), path.join(root, 'src'));
  await runPackage('typescript', 'tsc', ['-p', 'tsconfig.build.json'], { isProgress: true });
}

/**
 * Removes from `dist` what no source makes any more: an incremental tsc leaves the output of deleted files behind.
 *
 * @param {string} outputFolder
 * @param {string} sourceFolder
 */
function removeOrphans(outputFolder, sourceFolder) {
  if (!existsSync(outputFolder)) return;
  for (const entry of readdirSync(outputFolder, { withFileTypes: true })) {
    const output = path.join(outputFolder, entry.name);
    const source = path.join(sourceFolder, entry.name.replace(/(\.d\.ts|\.js)(\.map)?$/, '.ts'));
    if (entry.name === '.tsbuildinfo') continue;
    if (!existsSync(source)) rmSync(output, { recursive: true });
    else if (entry.isDirectory()) removeOrphans(output, source);
  }
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const own = new Set(['--debug', '--native', '--typescript']);
  const flags = process.argv.slice(2);
  const others = flags.filter((flag) => !own.has(flag));
  await main(async () => {
    if (!flags.includes('--typescript')) await buildNative(flags.includes('--debug') ? 'debug' : 'release', others);
    if (!flags.includes('--native')) await buildTypeScript();
  });
}
