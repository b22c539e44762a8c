import { z } from 'zod';

import { Depends } from '../../../src/di/depends.ts';
import type { Dep, Injectable, OutOf, Resolve, Source, Token, Yielded } from '../../../src/types/injectable.ts';
import { type Eq, is } from './equal.ts';
import { app, Clock, Db, getCurrentUser, getSession, requirePermission, type User } from './shop.ts';

is<Eq<OutOf<typeof getSession>, Db>>(); // from an async generator
is<Eq<OutOf<typeof getCurrentUser>, User>>(); // from an async function
is<Eq<OutOf<typeof Db>, Db>>();
is<Eq<OutOf<typeof Clock>, Clock>>();
is<Eq<OutOf<Token<'eu'>>, 'eu'>>();
is<Eq<OutOf<number>, never>>();
// `undefined` survives, also without exactOptionalPropertyTypes
is<Eq<OutOf<Source<string | undefined>>, string | undefined>>();
is<Eq<OutOf<Dep<undefined>>, undefined>>();

is<Eq<Yielded<Generator<1, void, unknown>>, 1>>();
is<Eq<Yielded<AsyncGenerator<2>>, 2>>();
is<Eq<Yielded<Promise<3>>, 3>>();
is<Eq<Yielded<4>, 4>>();
is<Eq<Resolve<{ a: Token<1>; b: typeof Db }>, { readonly a: 1; readonly b: Db }>>();

// needs are checked through the graph
const count = Depends({ me: getCurrentUser }, ({ me }) => me.permissions.length);
is<Eq<OutOf<typeof count>, number>>();
// @ts-expect-error a number has no `name`
Depends({ count }, ({ count: n }) => n.name);

// a narrower injectable goes where a wider one is asked for, not the other way
const wide: Injectable<{ id: number }> = getCurrentUser;
// @ts-expect-error
const narrow: Injectable<User> = wide;

app.get('/admin', { deps: { me: requirePermission('x') }, response: z.string() }, ({ me }) => me.name);
