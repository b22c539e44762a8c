/**
 * The one list of error codes: what each is sent with, and which category it belongs to.
 * docs/errors.md explains the same codes in prose; a test keeps this list, that page and the Rust side equal.
 */

import { STATUS_CODES } from 'node:http';

/** The kind of thing that went wrong; every error body carries it as `category`. */
export type ErrorCategory =
  | 'validation'
  | 'authentication'
  | 'authorization'
  | 'not_found'
  | 'business_logic'
  | 'external_service'
  | 'system';

const categories: ReadonlySet<unknown> = new Set<ErrorCategory>([
  'validation',
  'authentication',
  'authorization',
  'not_found',
  'business_logic',
  'external_service',
  'system',
]);

/** Whether `value` is one of the seven categories. */
export function isErrorCategory(value: unknown): value is ErrorCategory {
  return categories.has(value);
}

/** What an error code is sent with unless the error says otherwise. */
export interface ErrorCodeEntry {
  /** HTTP status, 400 to 599. */
  readonly status: number;
  readonly category: ErrorCategory;
}

/**
 * Every code Covet itself sends or throws, with its default status and category.
 *
 * @example
 * ```ts
 * import { errorCodes } from 'covet';
 * errorCodes.NOT_FOUND; // { status: 404, category: 'not_found' }
 * ```
 */
export const errorCodes = {
  // Refused before the handler: the request itself is at fault.
  BAD_REQUEST: { status: 400, category: 'validation' },
  INVALID_CONTENT_ENCODING: { status: 400, category: 'validation' },
  INVALID_JSON: { status: 400, category: 'validation' },
  METHOD_NOT_ALLOWED: { status: 405, category: 'not_found' },
  NOT_ACCEPTABLE: { status: 406, category: 'validation' },
  REQUEST_TIMEOUT: { status: 408, category: 'validation' },
  PRECONDITION_FAILED: { status: 412, category: 'validation' },
  PAYLOAD_TOO_LARGE: { status: 413, category: 'validation' },
  COMPRESSION_RATIO_EXCEEDED: { status: 413, category: 'validation' },
  URI_TOO_LONG: { status: 414, category: 'validation' },
  UNSUPPORTED_MEDIA_TYPE: { status: 415, category: 'validation' },
  RANGE_NOT_SATISFIABLE: { status: 416, category: 'validation' },
  EXPECTATION_FAILED: { status: 417, category: 'validation' },
  UNPROCESSABLE_CONTENT: { status: 422, category: 'validation' },
  VALIDATION_ERROR: { status: 422, category: 'validation' },
  HEADERS_TOO_LARGE: { status: 431, category: 'validation' },
  CLIENT_CLOSED_REQUEST: { status: 499, category: 'validation' },

  // What a handler says with `HttpError`.
  UNAUTHORIZED: { status: 401, category: 'authentication' },
  FORBIDDEN: { status: 403, category: 'authorization' },
  NOT_FOUND: { status: 404, category: 'not_found' },
  CONFLICT: { status: 409, category: 'business_logic' },
  GONE: { status: 410, category: 'not_found' },
  TOO_MANY_REQUESTS: { status: 429, category: 'business_logic' },
  BUSINESS_RULE_VIOLATION: { status: 400, category: 'business_logic' },

  // A `CovetError` made with a category and no code of its own.
  AUTHENTICATION_ERROR: { status: 500, category: 'authentication' },
  AUTHORIZATION_ERROR: { status: 500, category: 'authorization' },
  NOT_FOUND_ERROR: { status: 500, category: 'not_found' },
  BUSINESS_LOGIC_ERROR: { status: 500, category: 'business_logic' },

  // Our fault, or that of somebody we depend on.
  SYSTEM_ERROR: { status: 500, category: 'system' },
  RESPONSE_VALIDATION_ERROR: { status: 500, category: 'system' },
  NOT_IMPLEMENTED: { status: 501, category: 'system' },
  BAD_GATEWAY: { status: 502, category: 'external_service' },
  EXTERNAL_SERVICE_ERROR: { status: 502, category: 'external_service' },
  SERVICE_UNAVAILABLE: { status: 503, category: 'system' },
  TIMEOUT_ERROR: { status: 504, category: 'system' },
  HTTP_VERSION_NOT_SUPPORTED: { status: 505, category: 'system' },

  // What a file storage cannot do, beside NOT_FOUND.
  EXISTS: { status: 409, category: 'business_logic' },
  TOO_LARGE: { status: 413, category: 'validation' },
  INVALID_KEY: { status: 400, category: 'validation' },
  INVALID_TYPE: { status: 400, category: 'validation' },
  UNAVAILABLE: { status: 503, category: 'external_service' },
  REFUSED: { status: 500, category: 'external_service' },
  UNSUPPORTED: { status: 501, category: 'system' },

  // What a database refuses, or cannot do (covet/data).
  UNIQUE_VIOLATION: { status: 409, category: 'business_logic' },
  FOREIGN_KEY_VIOLATION: { status: 409, category: 'business_logic' },
  EXCLUSION_VIOLATION: { status: 409, category: 'business_logic' },
  TRANSACTION_CONFLICT: { status: 409, category: 'business_logic' },
  CHECK_VIOLATION: { status: 422, category: 'validation' },
  NOT_NULL_VIOLATION: { status: 422, category: 'validation' },
  INVALID_CURSOR: { status: 400, category: 'validation' },
  DATABASE_UNAVAILABLE: { status: 503, category: 'external_service' },
  COMMIT_UNKNOWN: { status: 503, category: 'external_service' },
  DATABASE_ERROR: { status: 500, category: 'system' },
  TRANSACTION_ERROR: { status: 500, category: 'system' },
  ROW_MISMATCH: { status: 500, category: 'system' },
  UNEXPECTED_ROW_COUNT: { status: 500, category: 'system' },
  MIGRATION_ERROR: { status: 500, category: 'system' },
  TENANT_NOT_ISOLATED: { status: 500, category: 'system' },
  // What a queue of jobs cannot take.
  JOB_PAYLOAD_INVALID: { status: 500, category: 'system' },
  JOB_UNKNOWN: { status: 500, category: 'system' },
  JOB_QUEUE_FULL: { status: 503, category: 'external_service' },
  JOB_QUEUE_UNAVAILABLE: { status: 503, category: 'external_service' },

  // What a session cannot take (covet/sessions).
  SESSION_CONFLICT: { status: 409, category: 'business_logic' },
  SESSION_DATA_INVALID: { status: 500, category: 'system' },

  // Thrown while the application is put together or told to listen; never sent to a client.
  ROUTE_CONFLICT: { status: 500, category: 'system' },
  ROUTE_PATTERN_INVALID: { status: 500, category: 'system' },
  ROUTE_METHOD_INVALID: { status: 500, category: 'system' },
  ROUTE_LIMIT_EXCEEDED: { status: 500, category: 'system' },
  DEPENDENCY_CYCLE: { status: 500, category: 'system' },
  MISSING_PROVIDER: { status: 500, category: 'system' },
  CAPTIVE_DEPENDENCY: { status: 500, category: 'system' },
  DEPENDENCY_ERROR: { status: 500, category: 'system' },
  INVALID_SETTINGS: { status: 500, category: 'system' },
  INVALID_OPTION: { status: 500, category: 'system' },
  ALREADY_LISTENING: { status: 500, category: 'system' },
  SERVER_CLOSED: { status: 500, category: 'system' },
  EBIND: { status: 500, category: 'system' },
  THREAD_FAILED: { status: 500, category: 'system' },
  ROUTES_DIFFER: { status: 500, category: 'system' },
  MEMORY_GIVEN: { status: 500, category: 'system' },
  MEMORY_COPIED: { status: 500, category: 'system' },
} as const;

/** A code of {@link errorCodes}. Applications may use their own strings beside these. */
export type ErrorCode = keyof typeof errorCodes;

/** The code an error gets by its HTTP status alone, e.g. `new HttpError(404)`. */
const codeByStatus: ReadonlyMap<number, ErrorCode> = new Map<number, ErrorCode>([
  [400, 'BAD_REQUEST'],
  [401, 'UNAUTHORIZED'],
  [403, 'FORBIDDEN'],
  [404, 'NOT_FOUND'],
  [405, 'METHOD_NOT_ALLOWED'],
  [406, 'NOT_ACCEPTABLE'],
  [408, 'REQUEST_TIMEOUT'],
  [409, 'CONFLICT'],
  [410, 'GONE'],
  [412, 'PRECONDITION_FAILED'],
  [413, 'PAYLOAD_TOO_LARGE'],
  [414, 'URI_TOO_LONG'],
  [415, 'UNSUPPORTED_MEDIA_TYPE'],
  [416, 'RANGE_NOT_SATISFIABLE'],
  [417, 'EXPECTATION_FAILED'],
  [422, 'UNPROCESSABLE_CONTENT'],
  [429, 'TOO_MANY_REQUESTS'],
  [431, 'HEADERS_TOO_LARGE'],
  [499, 'CLIENT_CLOSED_REQUEST'],
  [500, 'SYSTEM_ERROR'],
  [501, 'NOT_IMPLEMENTED'],
  [502, 'BAD_GATEWAY'],
  [503, 'SERVICE_UNAVAILABLE'],
  [504, 'TIMEOUT_ERROR'],
  [505, 'HTTP_VERSION_NOT_SUPPORTED'],
]);

/** The code of an HTTP status; statuses without one of their own get the code of their class. */
export function toErrorCode(status: number): ErrorCode {
  return codeByStatus.get(status) ?? (status >= 500 ? 'SYSTEM_ERROR' : 'BUSINESS_LOGIC_ERROR');
}

/** The category of an HTTP status. */
export function toErrorCategory(status: number): ErrorCategory {
  const entry: ErrorCodeEntry = errorCodes[toErrorCode(status)];
  return entry.category;
}

/** `not_found` becomes `NOT_FOUND_ERROR`: the code of an error that names a category only. */
export function categoryCode(category: ErrorCategory): ErrorCode {
  return `${category.toUpperCase() as Uppercase<ErrorCategory>}_ERROR`;
}

/** The reason phrase of a status; `'Error'` for one nobody registered. */
export function statusText(status: number): string {
  return status === 499 ? 'Client Closed Request' : (STATUS_CODES[status] ?? 'Error');
}
