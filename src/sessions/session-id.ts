/** Ids of sessions: made, recognised, and hashed for the store. */
import { createHash, randomBytes } from 'node:crypto';

/** 256 bits in base64url, which a cookie holds as they are. */
const idSyntax = /^[\w-]{43}$/;

/** An id nobody can guess: OWASP asks for 64 bits at least. */
export function createSessionId(): string {
  return randomBytes(32).toString('base64url');
}

/** What the store knows it by. A plain hash will do: there is nothing to guess in 256 random bits. */
export function toSessionKey(id: string): string {
  return createHash('sha256').update(id).digest('base64url');
}

/** The id that a cookie holds; undefined where it is something that we never made. */
export function readSessionId(value: string | undefined): string | undefined {
  return value !== undefined && idSyntax.test(value) ? value : undefined;
}
