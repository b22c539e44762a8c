/** ARCHITECTURE.md says who may import whom; this proves the code keeps to it, and that the proof can fail. */
import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import path from 'node:path';

import test from 'ava';

import { type CargoMetadata, findForbiddenDependencies, findForbiddenUnsafe } from './helpers/crate-rules.ts';
import { findForbiddenImports, readImports, readRooms } from './helpers/import-rules.ts';
import { listFiles, readText, root } from './helpers/repository.ts';

const document = readText('ARCHITECTURE.md');
const modules = readRooms(document, 'TypeScript rooms');
const crates = readRooms(document, 'Rust rooms');
/** Where `unsafe` may be written by hand. */
const bridge = ['crates/node/src/bridge/'];

test('src/ imports only what ARCHITECTURE.md allows', (t) => {
  const files = listFiles('src', '.ts').filter((file) => !file.endsWith('.d.ts'));
  const imports = files.flatMap((file) => readImports(file.slice('src/'.length), readText(file)));
  t.true(imports.length > files.length, 'imports were read');
  t.deepEqual(findForbiddenImports(modules, imports), []);
});

test('every TypeScript room of ARCHITECTURE.md exists', (t) => {
  const files = listFiles('src', '.ts').map((file) => file.slice('src/'.length));
  const ghosts = modules.filter(({ name }) => !files.some((file) => file === name || file.startsWith(name)));
  t.deepEqual(
    ghosts.map(({ name }) => name),
    [],
  );
});

test('crates depend only on what ARCHITECTURE.md allows', (t) => {
  const text = execFileSync('cargo', ['metadata', '--no-deps', '--format-version=1'], { cwd: root, encoding: 'utf8' });
  const metadata: CargoMetadata = JSON.parse(text);
  t.deepEqual(metadata.packages.map(({ name }) => name).sort(), crates.map(({ name }) => name).sort());
  t.deepEqual(findForbiddenDependencies(crates, metadata), []);
});

test('unsafe stands in the bridge alone, each with its reason', (t) => {
  const files = listFiles('crates', '.rs').filter((file) => !file.includes('/target/'));
  t.true(
    files.some((file) => bridge.some((prefix) => file.startsWith(prefix))),
    'the bridge was read',
  );
  t.deepEqual(
    files.flatMap((file) => findForbiddenUnsafe(file, readText(file), bridge)),
    [],
  );
});

const table = `
## TypeScript rooms

| room | may import |
| --- | --- |
| \`types/\` | nothing but itself |
| \`native/\` | \`types/\` |
| \`native/index.ts\` | \`#native\` \`native/\` |
| \`di/\` | \`types/\`, and \`pino\` |
| \`app.ts\` | \`di/\` \`native/index.ts\` |

## Next
| \`ghost/\` | nothing |
`;

const broken: Record<string, { file: string; text: string; message: string }> = {
  'a value in types/': {
    file: 'types/a.ts',
    text: "import { b } from './b.ts';",
    message: 'types/a.ts imports types/b.ts as a value; types/ is types only',
  },
  'a type from a higher room': {
    file: 'types/a.ts',
    text: "import type { App } from '../app.ts';",
    message: 'types/a.ts may not import app.ts',
  },
  'an import() type': {
    file: 'types/a.ts',
    text: "export type A = import('../app.ts').App;",
    message: 'types/a.ts may not import app.ts',
  },
  'the addon beside native/index.ts': {
    file: 'native/other.ts',
    text: "import { serve } from '#native';",
    message: 'native/other.ts may not import #native',
  },
  'a re-export': {
    file: 'di/a.ts',
    text: "export * from '../app.ts';",
    message: 'di/a.ts may not import app.ts',
  },
  'a dynamic import': {
    file: 'di/a.ts',
    text: "const app = await import('../app.ts');",
    message: 'di/a.ts may not import app.ts',
  },
  'a package without a row': {
    file: 'di/a.ts',
    text: "import pg from 'pg/lib/client';",
    message: 'di/a.ts may not import pg',
  },
  'a file in no room': {
    file: 'ghost/a.ts',
    text: "import type { A } from '../types/a.ts';",
    message: 'ghost/a.ts stands in no room of ARCHITECTURE.md',
  },
};

for (const [name, { file, text, message }] of Object.entries(broken)) {
  test(`the import rules refuse ${name}`, (t) => {
    t.deepEqual(findForbiddenImports(readRooms(table, 'TypeScript rooms'), readImports(file, text)), [message]);
  });
}

test('the import rules allow a room itself, its row and no more', (t) => {
  const rooms = readRooms(table, 'TypeScript rooms');
  const allowed = [
    ...readImports('app.ts', "import { inject } from './di/inject.ts'; import { native } from './native/index.ts';"),
    ...readImports('native/index.ts', "import { serve } from '#native'; import { toNative } from './to-native.ts';"),
    ...readImports('di/a.ts', "import { pino } from 'pino'; import { b } from './b.ts';"),
  ];
  t.is(allowed.length, 6);
  t.deepEqual(findForbiddenImports(rooms, allowed), []);
  t.throws(() => readRooms(table, 'No such heading'), { message: /no table of rooms/ });
});

test('the crate rules refuse a new dependency, Node-API below the addon, and a crate without a row', (t) => {
  const rooms = readRooms('# Rust rooms\n| `a` | `bytes` |\n', 'Rust rooms');
  const dependency = (name: string, kind: 'dev' | 'build' | null = null) => ({ name, kind });
  const packages = [
    {
      name: 'a',
      dependencies: [dependency('bytes'), dependency('tokio'), dependency('napi', 'dev'), dependency('x', 'dev')],
    },
    { name: 'b', dependencies: [] },
  ];
  t.deepEqual(findForbiddenDependencies(rooms, { packages }), [
    'a may not depend on tokio',
    'a may not know napi',
    'b stands in no room of ARCHITECTURE.md',
  ]);
});

test('the unsafe rules refuse it outside the bridge and without a reason, and read code only', (t) => {
  const block = 'fn f() {\n    unsafe { g() }\n}\n';
  t.deepEqual(findForbiddenUnsafe('crates/http/src/a.rs', block, bridge), [
    'crates/http/src/a.rs:2 has unsafe code outside the bridge',
  ]);
  t.deepEqual(findForbiddenUnsafe('crates/node/src/bridge/a.rs', block, bridge), [
    'crates/node/src/bridge/a.rs:2 has unsafe code without its SAFETY',
  ]);
  const reasoned = 'fn f() {\n    // SAFETY: g has no conditions.\n    unsafe { g() }\n}\n';
  t.deepEqual(findForbiddenUnsafe('crates/node/src/bridge/a.rs', reasoned, bridge), []);
  const words =
    '// unsafe\nconst A: &str = "unsafe";\nconst B: &str = r#"unsafe "x"#;\n/* unsafe */ #![forbid(unsafe_code)]\n';
  t.deepEqual(findForbiddenUnsafe('crates/http/src/a.rs', words, bridge), []);
});

test('every path the prose names exists', (t) => {
  for (const file of ['README.md', 'ARCHITECTURE.md', 'CONTRIBUTING.md']) {
    const paths = readText(file).match(
      /(?<![\w./])(?:src|crates|scripts|examples|benchmark|__test__)\/[\w/-]+(?:\.[\w]+)*/g,
    );
    t.deepEqual(
      [...new Set(paths)].filter((named) => !existsSync(path.join(root, named))),
      [],
      document,
    );
  }
});
