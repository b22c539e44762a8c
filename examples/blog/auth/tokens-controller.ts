/** Signing in and out, as a class whose fields handle contracts: nothing is annotated, everything is inferred. */
import { Header, HttpError, del, inject, on, post, reply } from 'covet';
import { z } from 'zod';

import { getSession } from '../database/session.ts';
import { Settings } from '../settings.ts';
import { getUserStore } from '../users/user-store.ts';
import { issueToken, revokeToken } from './authenticate.ts';
import { getCurrentUser } from './current-user.ts';
import { Passwords } from './passwords.ts';

export const CreateToken = post('/api/tokens', {
  summary: 'Sign in',
  body: z.object({ email: z.email().max(254), password: z.string().max(128) }),
  response: { 201: z.object({ token: z.string(), expires_at: z.iso.datetime() }) },
  deps: { session: getSession, users: getUserStore },
});

export const DeleteToken = del('/api/tokens/current', {
  summary: 'Sign out',
  status: 204,
  deps: { session: getSession, user: getCurrentUser, authorization: Header('authorization') },
});

export class TokensController {
  readonly #passwords = inject(Passwords);
  readonly #settings = inject(Settings);

  readonly create = on(CreateToken, async ({ body, session, users }) => {
    const user = await users.findByEmail(body.email);
    const isRight = await this.#passwords.verify(body.password, user?.password_hash);
    if (user === undefined || !isRight) throw new HttpError(401, 'Wrong email or password');
    const issued = await issueToken(session, user.id, this.#settings.TOKEN_HOURS);
    return reply(201, issued, { headers: { 'cache-control': 'no-store' } });
  });

  readonly delete = on(DeleteToken, async ({ session, authorization }) => {
    await revokeToken(session, authorization);
  });
}
