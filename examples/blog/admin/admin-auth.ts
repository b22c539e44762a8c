/** Guards the admin area before anything else of a request is looked at. */
import { inject, type MiddlewareClass, type MiddlewareContext, type ReplyLike } from 'covet';

import { authenticate } from '../auth/authenticate.ts';
import { assertPermission } from '../auth/permission.ts';
import { getDatabase } from '../database/database.ts';

/** Lets administrators in, and keeps what they see out of caches. */
export class AdminAuth implements MiddlewareClass {
  readonly #database = inject(getDatabase);

  async onRequest({ req }: MiddlewareContext): Promise<void> {
    assertPermission(await authenticate(this.#database, req.header('authorization')), 'admin.access');
  }

  onResponse(reply: ReplyLike): void {
    reply.headers.set('cache-control', 'no-store');
  }
}
