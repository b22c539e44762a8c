/** What gets published: the right files, one version everywhere, one platform package a target. */
import { execFileSync } from 'node:child_process';

import test from 'ava';

import { listFiles, readText, root } from '../helpers/repository.ts';

interface Manifest {
  readonly name: string;
  readonly version: string;
  readonly files: readonly string[];
  readonly main?: string;
  readonly os?: readonly string[];
  readonly cpu?: readonly string[];
  readonly libc?: readonly string[];
  readonly engines: { readonly node: string };
  readonly napi: { readonly binaryName: string; readonly targets: readonly string[] };
}

const manifest: Manifest = JSON.parse(readText('package.json'));
const platforms: Manifest[] = listFiles('npm', 'package.json').map((file) => JSON.parse(readText(file)));

test('the package holds dist, the loader and its types, and the prose npm adds', (t) => {
  const npm = process.env.npm_execpath;
  const args = ['pack', '--dry-run', '--json', '--ignore-scripts'];
  const [program, ...rest] = npm === undefined ? ['npm', ...args] : [process.execPath, npm, ...args];
  const [pack] = JSON.parse(execFileSync(program, rest, { cwd: root, encoding: 'utf8' }));
  const files: string[] = pack.files.map((file: { path: string }) => file.path);
  const expected = ['LICENSE', 'README.md', 'package.json', 'src/native/binding.d.ts', 'src/native/binding.js'];
  t.deepEqual(files.filter((file) => !file.startsWith('dist/')).sort(), expected);
  t.true(files.includes('dist/index.js') && files.includes('dist/index.d.ts'));
  const strangers = files.filter((file) => file.startsWith('dist/') && !/\.(js|d\.ts)$/.test(file));
  t.deepEqual(strangers, [], 'dist holds JavaScript and its types alone');
});

test('package, crates and platform packages carry one version', (t) => {
  const text = execFileSync('cargo', ['metadata', '--no-deps', '--format-version=1'], { cwd: root, encoding: 'utf8' });
  const crates: { name: string; version: string }[] = JSON.parse(text).packages;
  const lock = JSON.parse(readText('package-lock.json'));
  const versions = [...crates, ...platforms, { name: 'package-lock.json', version: lock.version }];
  t.true(crates.length > 1 && platforms.length > 1);
  for (const { name, version } of versions) t.is(version, manifest.version, name);
});

/** Rust's name of a target, as napi and npm spell it. */
function toPlatform(target: string): { name: string; os: string; cpu: string; libc?: string } {
  const [arch = '', ...rest] = target.split('-');
  const cpu = { x86_64: 'x64', aarch64: 'arm64' }[arch] ?? arch;
  if (rest.includes('darwin')) return { name: `darwin-${cpu}`, os: 'darwin', cpu };
  if (rest.includes('windows')) return { name: `win32-${cpu}-msvc`, os: 'win32', cpu };
  const isMusl = rest.includes('musl');
  return { name: `linux-${cpu}-${isMusl ? 'musl' : 'gnu'}`, os: 'linux', cpu, libc: isMusl ? 'musl' : 'glibc' };
}

test('each target has its platform package, and no other exists', (t) => {
  const expected = manifest.napi.targets.map((target) => {
    const { name, os, cpu, libc } = toPlatform(target);
    const addon = `${manifest.napi.binaryName}.${name}.node`;
    return {
      name: `${manifest.name}-${name}`,
      main: addon,
      files: [addon],
      os: [os],
      cpu: [cpu],
      libc: libc && [libc],
    };
  });
  const found = platforms.map(({ name, main, files, os, cpu, libc }) => ({ name, main, files, os, cpu, libc }));
  const byName = (a: { name: string }, b: { name: string }) => a.name.localeCompare(b.name);
  t.deepEqual(found.sort(byName), expected.sort(byName));
  for (const platform of platforms) t.is(platform.engines.node, manifest.engines.node);
});

test('no addon and no registry host is in git', (t) => {
  const tracked = execFileSync('git', ['ls-files'], { cwd: root, encoding: 'utf8' }).split('\n');
  t.true(tracked.includes('package.json'));
  t.deepEqual(
    tracked.filter((file) => file.endsWith('.node')),
    [],
  );
  t.notRegex(readText('package-lock.json'), /"resolved"/);
});

test('the lock file names the optional packages of every platform, so that npm ci works on each', (t) => {
  // npm leaves out an optional package whose version the registry does not have, and then refuses its own lock file.
  // package.json pins the versions, and by `overrides` those of what they bring, that exist for every platform.
  const packages: Record<string, { optionalDependencies?: object }> = JSON.parse(
    readText('package-lock.json'),
  ).packages;
  const missing = Object.entries(packages).flatMap(([folder, { optionalDependencies = {} }]) =>
    Object.keys(optionalDependencies).filter(
      (name) =>
        packages[`node_modules/${name}`] === undefined && packages[`${folder}/node_modules/${name}`] === undefined,
    ),
  );
  t.deepEqual(missing, []);
});
