/** What the compiler must know of dependencies: this file is checked by tsc, every error expected in it must occur. */
import { z } from 'zod';

import type { Container } from '../../src/di/container.ts';
import { Depends } from '../../src/di/depends.ts';
import { inject } from '../../src/di/inject.ts';
import { defineSettings } from '../../src/di/settings.ts';
import { Body, Cookie, Header, Query, Req } from '../../src/di/source.ts';
import { token } from '../../src/di/token.ts';
import type { OutOf } from '../../src/types/injectable.ts';
import type { CovetRequest } from '../../src/types/request.ts';

type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
function is<_T extends true>(): void {}

class Db {
  readonly users = new Map<number, string>();
}
interface Mailer {
  send(to: string): void;
}
const Mailer = token<Mailer>('Mailer');

const plain = Depends(() => 1);
const late = Depends(async () => 'a');
const generator = Depends(function* () {
  yield true;
});
const lateGenerator = Depends(async function* () {
  yield new Db();
});
is<Same<OutOf<typeof plain>, number>>();
is<Same<OutOf<typeof late>, string>>();
is<Same<OutOf<typeof generator>, boolean>>();
is<Same<OutOf<typeof lateGenerator>, Db>>();

Depends(
  {
    plain,
    late,
    db: Db,
    mailer: Mailer,
    text: Header('x-text'),
    number: Query('page', z.int().default(1)),
    query: Query('q'),
    id: Cookie('id'),
    body: Body(z.object({ name: z.string() })),
    raw: Body(),
    req: Req,
  },
  (needs) => {
    is<
      Same<
        typeof needs,
        {
          readonly plain: number;
          readonly late: string;
          readonly db: Db;
          readonly mailer: Mailer;
          readonly text: string | undefined;
          readonly number: number;
          readonly query: string | string[] | undefined;
          readonly id: string | undefined;
          readonly body: { name: string };
          readonly raw: unknown;
          readonly req: CovetRequest;
        }
      >
    >();
    // @ts-expect-error nobody asked for a cache
    return needs.cache;
  },
);
// @ts-expect-error a number is nothing that can be needed
Depends({ n: 5 }, () => 1);
// @ts-expect-error there is no such scope
Depends(() => 1, { scope: 'session' });

class Users {
  readonly db = inject(Db);
  readonly mailer = inject(Mailer);
  readonly plain = inject(plain);
}
is<Same<Users['db'], Db>>();
is<Same<Users['mailer'], Mailer>>();
is<Same<Users['plain'], number>>();

const Settings = defineSettings(z.object({ PORT: z.number().default(3000) }));
is<Same<OutOf<typeof Settings>, Readonly<{ PORT: number }>>>();
// @ts-expect-error settings are an object
defineSettings(z.string());

export function containers(container: Container): void {
  container.provide(Mailer, { send: () => undefined });
  container.provide(Mailer, { factory: () => ({ send: () => undefined }) });
  container.provide(Mailer, { factory: async () => ({ send: () => undefined }), scope: 'request' });
  container.provide(
    Mailer,
    Depends(() => ({ send: () => undefined })),
  );
  container.provide(Db, { class: Db });
  // @ts-expect-error a Mailer can send
  container.provide(Mailer, { sends: () => undefined });
  // @ts-expect-error the factory makes no Mailer
  container.provide(Mailer, { factory: () => 5 });
  // @ts-expect-error a Db is no Mailer
  container.provide(Mailer, { class: Db });
  container.override(plain, 2);
  container.override(
    plain,
    Depends(() => 3),
  );
  // @ts-expect-error `plain` gives a number
  container.override(plain, 'two');
  // @ts-expect-error and so does what stands in for it
  container.override(plain, late);
  is<Same<ReturnType<typeof construct>, Users>>();
  function construct() {
    return container.construct(Users);
  }
}
