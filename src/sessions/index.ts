/** What `import … from 'covet/sessions'` can name: sessions, and where they are kept. */
export { CookieSessionStore } from './cookie-session-store.ts';
export type { CookieSessionStoreOptions } from './cookie-session-store.ts';
export { MemorySessionStore } from './memory-session-store.ts';
export type { MemorySessionStoreOptions } from './memory-session-store.ts';
export { PostgresSessionStore } from './postgres-session-store.ts';
export type { PostgresSessionStoreOptions } from './postgres-session-store.ts';
export { RedisSessionStore } from './redis-session-store.ts';
export type { RedisSessionStoreOptions } from './redis-session-store.ts';
export { SessionError } from './session-error.ts';
export type { SessionErrorCode } from './session-error.ts';
export type { SessionCookieOptions, SessionsOptions } from './session-options.ts';
export type { SessionRecord, SessionStore, SessionVisit } from './session-store.ts';
export type { Session, SessionInfo } from './session.ts';
export { sessions } from './sessions.ts';
