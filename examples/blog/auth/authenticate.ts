/** Access tokens: opaque, random, kept as hashes. */
import { createHash, randomBytes } from 'node:crypto';

import { HttpError } from 'covet';

import type { Queryable } from '../database/queryable.ts';
import type { User } from '../users/user.ts';

/** A token as its owner gets it, once. */
export interface IssuedToken {
  readonly token: string;
  readonly expires_at: string;
}

/** Makes a token for a user. */
export async function issueToken(session: Queryable, userId: number, hours: number): Promise<IssuedToken> {
  const token = randomBytes(32).toString('base64url');
  const [row] = await session.query<{ expires_at: string }>(
    `insert into tokens (hash, user_id, expires_at) values ($1, $2, now() + make_interval(hours => $3))
     returning expires_at`,
    [toHash(token), userId, hours],
  );
  return { token, expires_at: row!.expires_at };
}

/** Makes the token of an `Authorization` header worthless. */
export async function revokeToken(session: Queryable, authorization: string | undefined): Promise<void> {
  await session.query('delete from tokens where hash = $1', [toHash(readBearer(authorization))]);
}

/**
 * The user of an `Authorization: Bearer …` header.
 *
 * @throws HttpError 401 when there is none. A database that fails is no matter of authentication, and stays a 500.
 */
export async function authenticate(session: Queryable, authorization: string | undefined): Promise<User> {
  const hash = toHash(readBearer(authorization));
  const [user] = await session.query<User>(
    'select users.* from tokens join users on users.id = user_id where hash = $1 and expires_at > now()',
    [hash],
  );
  if (user === undefined) throw unauthorized('Invalid authentication', 'Bearer error="invalid_token"');
  if (!user.is_active) throw unauthorized('User not found or inactive', 'Bearer error="invalid_token"');
  return user;
}

function readBearer(authorization: string | undefined): string {
  // RFC 9110, 11.1: the scheme's case does not matter.
  const token = /^bearer +([\w~+/.-]+=*)$/i.exec(authorization ?? '')?.[1];
  if (token === undefined) throw unauthorized('Invalid authentication', 'Bearer');
  return token;
}

function unauthorized(message: string, challenge: string): HttpError {
  return new HttpError(401, message, { headers: { 'www-authenticate': challenge } });
}

/** A token is random enough that a fast hash without salt cannot be undone. */
function toHash(token: string): string {
  return createHash('sha256').update(token).digest('hex');
}
