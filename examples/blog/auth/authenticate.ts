/** Access tokens: opaque, random, kept as hashes. */
import { createHash, randomBytes } from 'node:crypto';

import { HttpError } from 'covet';
import { sql, type Queryable } from 'covet/data';

import { User } from '../users/user.ts';

/** A token as its owner gets it, once. */
export interface IssuedToken {
  readonly token: string;
  readonly expires_at: string;
}

/** Makes a token for a user. */
export async function issueToken(db: Queryable, userId: number, hours: number): Promise<IssuedToken> {
  const token = randomBytes(32).toString('base64url');
  const { expires_at } = await db.one(sql<{ expires_at: string }>`
    insert into tokens (hash, user_id, expires_at)
    values (${toHash(token)}, ${userId}, now() + make_interval(hours => ${hours})) returning expires_at`);
  return { token, expires_at };
}

/** Makes the token of an `Authorization` header worthless. */
export async function revokeToken(db: Queryable, authorization: string | undefined): Promise<void> {
  await db.execute(sql`delete from tokens where hash = ${toHash(readBearer(authorization))}`);
}

/**
 * The user of an `Authorization: Bearer …` header.
 *
 * @throws HttpError 401 when there is none. A database that fails is no matter of authentication, and stays a 503.
 */
export async function authenticate(db: Queryable, authorization: string | undefined): Promise<User> {
  const hash = toHash(readBearer(authorization));
  const user = await db.maybeOne(
    sql.type(
      User,
    )`select users.* from tokens join users on users.id = user_id where hash = ${hash} and expires_at > now()`,
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
