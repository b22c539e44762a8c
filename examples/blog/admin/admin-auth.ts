/** Guards the admin area before anything else of a request is looked at. */
import { Injector, inject, type MiddlewareClass, type MiddlewareContext, type ReplyLike } from 'covet';

import { authenticate } from '../auth/authenticate.ts';
import { assertPermission } from '../auth/permission.ts';
import { getDatabase } from '../database.ts';

/** Lets administrators in, and keeps what they see out of caches. */
export class AdminAuth implements MiddlewareClass {
  /** A database is opened asynchronously, which a constructor cannot wait for. */
  readonly #injector = inject(Injector);

  async onRequest({ req }: MiddlewareContext): Promise<void> {
    const db = await this.#injector.resolve(getDatabase);
    assertPermission(await authenticate(db, req.header('authorization')), 'admin.access');
  }

  onResponse(reply: ReplyLike): void {
    reply.headers.set('cache-control', 'no-store');
  }
}
