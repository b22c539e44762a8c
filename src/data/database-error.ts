import type { ErrorCode } from '../error-code.ts';
import { errorCodes } from '../error-code.ts';
/** Errors of databases. What the server said stays in `cause`: neither SQL nor values reach a client. */
import { CovetError } from '../error.ts';
import type { CovetErrorOptions } from '../error.ts';

/** Codes of {@link DatabaseError}. */
export type DatabaseErrorCode = Extract<
  ErrorCode,
  | 'DATABASE_ERROR'
  | 'DATABASE_UNAVAILABLE'
  | 'COMMIT_UNKNOWN'
  | 'TRANSACTION_ERROR'
  | 'TRANSACTION_CONFLICT'
  | 'UNIQUE_VIOLATION'
  | 'FOREIGN_KEY_VIOLATION'
  | 'CHECK_VIOLATION'
  | 'NOT_NULL_VIOLATION'
  | 'EXCLUSION_VIOLATION'
  | 'ROW_MISMATCH'
  | 'UNEXPECTED_ROW_COUNT'
  | 'MIGRATION_ERROR'
  | 'TIMEOUT_ERROR'
  | 'CLIENT_CLOSED_REQUEST'
  | 'UNPROCESSABLE_CONTENT'
  | 'INVALID_CURSOR'
  | 'TENANT_NOT_ISOLATED'
>;

/** Options of {@link DatabaseError}. */
export interface DatabaseErrorOptions extends Pick<CovetErrorOptions, 'details' | 'cause' | 'headers'> {
  /** Default `DATABASE_ERROR`. */
  readonly code?: DatabaseErrorCode | undefined;
  /** HTTP status. Default: that of the code. */
  readonly status?: number | undefined;
  /** PostgreSQL's five characters, where the server gave any. */
  readonly sqlState?: string | undefined;
  /** The constraint that was violated. */
  readonly constraint?: string | undefined;
}

/**
 * A database refused, failed, or is not there. `code` says which, and the status follows from it; see docs/errors.md.
 *
 * @example
 * ```ts
 * import { DatabaseError, openDatabase, sql } from 'covet/data';
 *
 * const db = await openDatabase();
 * await db.execute(sql`create table users (email text unique)`);
 * await db.execute(sql`insert into users values ('ada@example.com')`);
 * try {
 *   await db.execute(sql`insert into users values ('ada@example.com')`);
 * } catch (error) {
 *   if (error instanceof DatabaseError) console.log(error.status, error.code, error.constraint); // 409 UNIQUE_VIOLATION users_email_key
 * }
 * await db.close();
 * ```
 */
export class DatabaseError extends CovetError {
  /** PostgreSQL's five characters (appendix A of its manual): `23505`. Absent where the server gave none. */
  readonly sqlState: string | undefined;
  /** The constraint or unique index that was violated. */
  readonly constraint: string | undefined;

  constructor(message: string, options: DatabaseErrorOptions = {}) {
    const code = options.code ?? 'DATABASE_ERROR';
    const { status, category } = errorCodes[code];
    super(message, {
      status: options.status ?? status,
      category,
      code,
      details: options.details,
      headers: options.headers,
      ...('cause' in options ? { cause: options.cause } : {}),
    });
    this.sqlState = options.sqlState;
    this.constraint = options.constraint;
  }

  /** Whether the whole transaction may succeed when it is tried again: a serialization failure or a deadlock. */
  get isConflict(): boolean {
    return this.code === 'TRANSACTION_CONFLICT';
  }
}

Object.defineProperty(DatabaseError.prototype, 'name', { value: 'DatabaseError', configurable: true, writable: true });
