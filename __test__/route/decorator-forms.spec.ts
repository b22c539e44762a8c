/** One set of decorated classes, emitted by every compiler in both forms of decorators, must behave the same. */
import { rm } from 'node:fs/promises';

import test from 'ava';

import { compileFixture } from './compile-fixture.ts';
import type * as decorated from './fixtures/decorated.ts';

type Fixture = typeof decorated;
type Entry = ReturnType<Fixture['routesOf']>[number];

const path = '__test__/route/fixtures/decorated.ts';
const folders: string[] = [];

const compiled = (compiler: string, experimentalDecorators: boolean) => async (): Promise<Fixture> => {
  const { folder, module } = await compileFixture(path, { compiler, experimentalDecorators });
  folders.push(folder);
  return module;
};

const forms: Record<string, { readonly legacy: boolean; readonly load: () => Promise<Fixture> }> = {
  'esbuild, standard': { legacy: false, load: () => import('./fixtures/decorated.ts') },
  'TypeScript 6, standard': { legacy: false, load: compiled('typescript', false) },
  'TypeScript 6, legacy': { legacy: true, load: compiled('typescript', true) },
  'TypeScript 7, standard': { legacy: false, load: compiled('typescript-7', false) },
  'TypeScript 7, legacy': { legacy: true, load: compiled('typescript-7', true) },
  'TypeScript 5.9, standard': { legacy: false, load: compiled('typescript-5.9', false) },
  'TypeScript 5.9, legacy': { legacy: true, load: compiled('typescript-5.9', true) },
};

test.after.always(() => Promise.all(folders.map((folder) => rm(folder, { recursive: true }))));

const ctx = { params: { n: 7 } };

/** `name: METHOD path → what the handler answers`, sorted, since the two forms list a class's methods in other orders. */
async function listed(entries: readonly Entry[]): Promise<string[]> {
  const lines = entries.map(
    async ({ route, call, name }) =>
      `${String(name)}: ${route.methods.join('|')} ${route.path} → ${String(await call(ctx))}`,
  );
  return (await Promise.all(lines)).toSorted();
}

for (const [form, { legacy, load }] of Object.entries(forms)) {
  test.serial(`${form}: routes of decorated classes`, async (t) => {
    t.timeout(120_000);
    const f = await load();
    const routes = (Class: new () => object): Promise<string[]> => listed(f.routesOf(new Class()));

    t.deepEqual(await routes(f.Base), ['a: GET /a/{n:int} → base a 7', 'b: GET /b → base b']);
    t.deepEqual(await routes(f.Inherits), ['a: GET /a/{n:int} → inherits a 7', 'b: GET /b → inherits b']);
    t.deepEqual(await routes(f.Overrides), ['a: GET /a/{n:int} → overrides a', 'b: GET /b → base b']);
    t.deepEqual(await routes(f.Redecorates), ['a: POST /c → redecorates a', 'b: GET /b → base b']);
    t.deepEqual(await routes(f.OverridesRedecorated), ['a: POST /c → overrides redecorated a', 'b: GET /b → base b']);
    t.deepEqual(await routes(f.Stacked), ['both: GET /b → both', 'both: POST /c → both']);
    t.deepEqual(await routes(f.StackedAnew), [
      'both: GET|HEAD|POST|PUT|PATCH|DELETE|OPTIONS /anew → both anew',
      'both: POST /c → both anew',
    ]);
    t.deepEqual(await routes(f.WrappedOutside), ['b: GET /b → wrapped b']);
    t.deepEqual(await routes(f.WrappedInside), ['b: GET /b → wrapped b']);
    t.deepEqual(await routes(f.WrappedBetween), ['b: GET /b → wrapped b', 'b: POST /c → wrapped b']);
    t.deepEqual(await routes(f.SymbolNamed), ['Symbol(named by a symbol): GET /b → by symbol']);
    t.deepEqual(await routes(f.FieldOverMethod), ['a: POST /c → base field', 'b: GET /b → base b']);
    t.deepEqual(f.routesOf({}), []);

    if (legacy) t.deepEqual(await routes(f.WrappedThenRedecorated), ['b: POST /c → redecorated b']);
    else {
      t.throws(() => f.routesOf(new f.WrappedThenRedecorated()), {
        instanceOf: TypeError,
        message: /^cannot tell whether 'b' of WrappedThenRedecorated keeps GET \/b: .* above the others$/,
      });
    }
    t.throws(() => f.routesOf(new f.TwoMethods()), {
      instanceOf: TypeError,
      message: "GET /b is on both 'one' and 'two' of TwoMethods: a class handles a contract once",
    });
    t.throws(() => f.routesOf(new f.TwiceOnOne()), { message: /^GET \/b is twice on 'one' of TwiceOnOne:/ });
    t.throws(() => f.routesOf(new f.MethodAndField()), { message: /^GET \/b is on both 'one' and 'two' of MethodAnd/ });

    for (const [what, define] of Object.entries(f.misplaced)) {
      t.throws(define, { instanceOf: TypeError, message: new RegExp(what) }, what);
    }

    t.deepEqual(f.controllerOf(f.Api), { prefix: '/api', middleware: [f.middlewares.log] });
    t.deepEqual(f.controllerOf(f.PlainApi), { prefix: '/api', middleware: [f.middlewares.log] });
    t.deepEqual(f.controllerOf(f.AdminApi), { prefix: '/admin', middleware: [f.middlewares.log, f.middlewares.guard] });
    t.deepEqual(f.controllerOf(f.Base), { prefix: '', middleware: [] });
  });
}
