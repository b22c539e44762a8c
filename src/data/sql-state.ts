/**
 * What a driver throws becomes a {@link DatabaseError}, by SQLSTATE (appendix A of PostgreSQL's manual) or, when the server
 * said nothing, by what happened to the connection.
 */
import type { FieldError } from '../error.ts';
import { readSafely } from '../internal/read-safely.ts';
import { columnsOf } from './constraint-columns.ts';
import { DatabaseError, type DatabaseErrorCode } from './database-error.ts';

/** Seconds a client is asked to wait: a restart of PostgreSQL takes about as long. */
const retryAfter = { 'retry-after': '5' };

/** A server's error, as both drivers give it. */
interface ServerError {
  readonly code: string;
  readonly message: string;
  readonly detail: string | undefined;
  readonly table: string | undefined;
  readonly column: string | undefined;
  readonly constraint: string | undefined;
  /** Of the server's source: what reported it. */
  readonly routine: string | undefined;
}

/** The server's error in `thrown`; undefined when it comes from somewhere else. */
export function toServerError(thrown: unknown): ServerError | undefined {
  const code = textOf(thrown, 'code');
  if (code === undefined || !/^[0-9A-Z]{5}$/.test(code) || textOf(thrown, 'severity') === undefined) return undefined;
  return {
    code,
    message: textOf(thrown, 'message') ?? '',
    detail: textOf(thrown, 'detail'),
    table: textOf(thrown, 'table'),
    column: textOf(thrown, 'column'),
    constraint: textOf(thrown, 'constraint'),
    routine: textOf(thrown, 'routine'),
  };
}

function textOf(thrown: unknown, key: string): string | undefined {
  if (typeof thrown !== 'object' || thrown === null) return undefined;
  const value = readSafely(thrown, key);
  return typeof value === 'string' ? value : undefined;
}

/** Whether the connection is gone, or about to go: class 08, and the shutdowns and crashes of class 57. */
export function breaksConnection(thrown: unknown): boolean {
  const server = toServerError(thrown);
  if (server !== undefined) return server.code.startsWith('08') || /^57P0[1-5]$/.test(server.code);
  return !(thrown instanceof TypeError || thrown instanceof RangeError || thrown instanceof SyntaxError);
}

/** Makes a {@link DatabaseError} of what a driver threw. */
export function toDatabaseError(thrown: unknown): DatabaseError {
  if (thrown instanceof DatabaseError) return thrown;
  const server = toServerError(thrown);
  if (server !== undefined) return fromServer(server, thrown);
  if (!breaksConnection(thrown)) return new DatabaseError(`The driver failed: ${String(thrown)}`, { cause: thrown });
  return toUnavailable(`The connection to the database was lost, or there was none${reasonOf(thrown)}`, thrown);
}

/** What the system says of a connection, with its address: of several that were tried, of the last one. */
function reasonOf(thrown: unknown): string {
  const last = thrown instanceof AggregateError ? (thrown.errors.at(-1) as unknown) : thrown;
  const reason = textOf(last, 'message') ?? '';
  return reason === '' ? '' : `: ${reason}`;
}

/** 503, because we have no connection to give: the client may try again, where we would only wait in the same line again. */
export class ExhaustedError extends DatabaseError {
  constructor(message: string, cause?: unknown) {
    super(message, { code: 'DATABASE_UNAVAILABLE', headers: retryAfter, cause });
  }
}

/** 503: try again later. */
export function toUnavailable(message: string, cause: unknown, sqlState?: string): DatabaseError {
  return new DatabaseError(message, { code: 'DATABASE_UNAVAILABLE', headers: retryAfter, cause, sqlState });
}

function fromServer(server: ServerError, cause: unknown): DatabaseError {
  const { code, constraint } = server;
  const error = (message: string, as?: DatabaseErrorCode, details?: Record<string, unknown>): DatabaseError =>
    new DatabaseError(message, { code: as, details, cause, sqlState: code, constraint });
  switch (code) {
    case '23505':
      return error('Already taken', 'UNIQUE_VIOLATION', toDetails(server, 'Already taken', 'unique'));
    case '23503':
    case '23001':
      return fromForeignKey(server, cause);
    case '23514':
      return error('Not allowed', 'CHECK_VIOLATION', toDetails(server, 'Not allowed', 'check'));
    case '23502':
      return error('A value is missing', 'NOT_NULL_VIOLATION', toDetails(server, 'Required', 'required'));
    case '23P01':
      return error(
        'Clashes with what is there',
        'EXCLUSION_VIOLATION',
        toDetails(server, 'Clashes with what is there', 'exclusion'),
      );
    case '40001':
    case '40P01':
      return error('Changed by somebody else at the same time: try again', 'TRANSACTION_CONFLICT');
    case '22021':
    case '22P05':
      return error('Text has a character in it that the database cannot hold', 'UNPROCESSABLE_CONTENT');
    case '22001':
    case '22003':
    case '22007':
    case '22008':
    case '22P02':
      return error(misfits[code], 'UNPROCESSABLE_CONTENT', toDetails(server, misfits[code], 'invalid'));
    case '57014':
    case '55P03':
      return error(`The database gave up: ${server.message}`, 'TIMEOUT_ERROR');
    default:
      return isUnavailable(code)
        ? toUnavailable(`The database is not available: ${server.message}`, cause, code)
        : error(`${lead(code)}: ${server.message}`);
  }
}

/** Who was refused: whoever connects, by class 28 for a role or password and by 3D000 for a database that is none, or a statement. */
function lead(code: string): string {
  const isAtTheDoor = code.startsWith('28') || code === '3D000';
  return isAtTheDoor ? 'The database lets nobody in by this `url`' : 'The database refused a statement';
}

/** Values that cannot be what their columns are, by SQLSTATE; the server's own words would have the values in them. */
const misfits = {
  '22001': 'Too long',
  '22003': 'Out of range',
  '22007': 'Not a valid date or time',
  '22008': 'Not a date or time that can be',
  '22P02': 'Not a valid value of its type',
} as const;

/** Lost, starting, stopping, or full (class 53: connections, memory, disk), or closed to us for being idle too long. */
function isUnavailable(code: string): boolean {
  return code.startsWith('08') || code.startsWith('53') || /^57P0[1-5]$/.test(code) || code === '25P03';
}

/** A row that something refers to is not there (422), or is still referred to and was to go (409). */
function fromForeignKey(server: ServerError, cause: unknown): DatabaseError {
  // One SQLSTATE for both; of the message only its English tells them apart. In another language: 409, which both are.
  const isMissing = server.message.startsWith('insert or update on ');
  const text = isMissing ? 'Does not exist' : 'Still in use';
  return new DatabaseError(text, {
    code: 'FOREIGN_KEY_VIOLATION',
    status: isMissing ? 422 : 409,
    details: isMissing ? toDetails(server, text, 'exists') : undefined,
    cause,
    sqlState: server.code,
    constraint: server.constraint,
  });
}

function toDetails(server: ServerError, message: string, code: string): Record<string, unknown> | undefined {
  const columns = columnsOf(server);
  if (columns.length === 0) return undefined;
  return { field_errors: columns.map((field): FieldError => ({ field, message, code })) };
}
