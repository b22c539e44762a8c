/** Signing in and out, as a class whose fields handle contracts: nothing is annotated, everything is inferred. */
import { Header, HttpError, del, inject, on, post, reply } from 'covet';
import { verifyPassword } from 'covet/passwords';
import { z } from 'zod';

import { getDatabase, getTransaction } from '../database.ts';
import { Settings } from '../settings.ts';
import { UserStore } from '../users/user-store.ts';
import { issueToken, revokeToken } from './authenticate.ts';
import { getCurrentUser } from './current-user.ts';

export const Credentials = z.object({ email: z.email().max(254), password: z.string().max(128) });

export const CreateToken = post('/api/tokens', {
  summary: 'Sign in',
  body: Credentials,
  response: { 201: z.object({ token: z.string(), expires_at: z.iso.datetime() }) },
  // No transaction: it would hold a connection while the password is checked.
  deps: { db: getDatabase },
});

export const DeleteToken = del('/api/tokens/current', {
  summary: 'Sign out',
  status: 204,
  deps: { tx: getTransaction, user: getCurrentUser, authorization: Header('authorization') },
});

export class TokensController {
  readonly #settings = inject(Settings);

  readonly create = on(CreateToken, async ({ body, db, req }) => {
    const user = await new UserStore(db).findByEmail(body.email);
    // Takes as long when there is no such user, so that time tells nobody who exists.
    const isRight = await verifyPassword(user?.password_hash, body.password, { signal: req.signal });
    if (user === undefined || !isRight) throw new HttpError(401, 'Wrong email or password');
    const issued = await issueToken(db, user.id, this.#settings.TOKEN_HOURS);
    return reply(201, issued, { headers: { 'cache-control': 'no-store' } });
  });

  readonly delete = on(DeleteToken, async ({ tx, authorization }) => {
    await revokeToken(tx, authorization);
  });
}
