/** Signing in by browser: a session in the database, its id in a cookie. */
import { Depends, HttpError, type Covet } from 'covet';
import { verifyPassword } from 'covet/passwords';
import { PostgresSessionStore, sessions } from 'covet/sessions';
import { z } from 'zod';

import { getDatabase } from '../database.ts';
import { UserStore } from '../users/user-store.ts';
import { Credentials } from './tokens-controller.ts';

const store = Depends(
  { db: getDatabase },
  async ({ db }) => {
    const made = new PostgresSessionStore(db);
    await made.ensureSchema();
    return made;
  },
  { scope: 'singleton', name: 'sessionStore' },
);

/** The session of a request; read when somebody asks for what is in it. */
export const getSession = sessions({ store, anonymous: false });

const Device = z.object({ id: z.string(), isCurrent: z.boolean(), userAgent: z.string(), address: z.string() });

/** Adds signing in and out by browser, and the list of where one is signed in. */
export function addSessions(app: Covet): void {
  app.post(
    '/api/sessions',
    { summary: 'Sign in by browser', status: 204, body: Credentials, deps: { session: getSession, db: getDatabase } },
    async ({ body, session, db, req }) => {
      const user = await new UserStore(db).findByEmail(body.email);
      const isRight = await verifyPassword(user?.password_hash, body.password, { signal: req.signal });
      if (user === undefined || !isRight) throw new HttpError(401, 'Wrong email or password');
      await session.login(String(user.id));
    },
  );

  app.get(
    '/api/sessions',
    { summary: 'See where you are signed in', response: z.array(Device), deps: { session: getSession } },
    async ({ session }) => {
      if ((await session.userId()) === undefined) throw new HttpError(401, 'Sign in first');
      return session.list();
    },
  );

  app.delete(
    '/api/sessions/current',
    { summary: 'Sign out', status: 204, deps: { session: getSession } },
    ({ session }) => session.destroy(),
  );
}
