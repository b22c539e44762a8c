/**
 * Every failure Covet knows: one family of errors, and `toCovetError`, which makes anything thrown a member of it.
 * `expose` is the only valve through which an error's text or details can reach a client.
 */
import { categoryCode, isErrorCategory, toErrorCategory, toErrorCode, statusText } from './error-code.ts';
import type { ErrorCategory, ErrorCode } from './error-code.ts';
import { readSafely } from './internal/read-safely.ts';

/** Options of every Covet error. */
export interface CovetErrorOptions {
  /** HTTP status, 400 to 599. Default 500. */
  readonly status?: number | undefined;
  /** Default `'system'`. */
  readonly category?: ErrorCategory | undefined;
  /** Machine-readable code, by convention UPPER_SNAKE_CASE. Default `{CATEGORY}_ERROR`. */
  readonly code?: ErrorCode | (string & {}) | undefined;
  /** Extra facts for the client, sent as `details` when the error is exposed. Must be JSON. */
  readonly details?: Readonly<Record<string, unknown>> | undefined;
  /** What led to this error. Logged, never sent. */
  readonly cause?: unknown;
  /** Response headers to send with the error, e.g. `{ 'retry-after': '30' }`. */
  readonly headers?: Readonly<Record<string, string>> | undefined;
  /** Whether message and details may reach the client. Default: true below 500, false from 500 on. */
  readonly expose?: boolean | undefined;
}

/** Options of {@link HttpError}: those of {@link CovetErrorOptions} but the status, which is an argument. */
export type HttpErrorOptions = Omit<CovetErrorOptions, 'status'>;

// A registry symbol: two copies of this package in one process still recognise each other's errors,
// and no JSON a client sends can carry it.
const kCovetError = Symbol.for('covet.error');

const noDetails: Readonly<Record<string, unknown>> = Object.freeze({});
const noHeaders: Readonly<Record<string, string>> = Object.freeze({});

/**
 * The root of all errors Covet answers with.
 *
 * @example
 * ```ts
 * import { CovetError } from 'covet';
 *
 * throw new CovetError('Report is not ready', { status: 409, category: 'business_logic', code: 'REPORT_PENDING' });
 * ```
 *
 * @throws RangeError when `status` is not an integer from 400 to 599.
 */
export class CovetError extends Error {
  readonly #own = true;
  readonly status: number;
  readonly category: ErrorCategory;
  readonly code: ErrorCode | (string & {});
  readonly details: Readonly<Record<string, unknown>>;
  readonly headers: Readonly<Record<string, string>>;
  readonly expose: boolean;

  constructor(message: string, options: CovetErrorOptions = {}) {
    super(message, 'cause' in options ? { cause: options.cause } : undefined);
    const status = options.status ?? 500;
    if (!Number.isInteger(status) || status < 400 || status > 599) {
      throw new RangeError(`An error's status must be an integer from 400 to 599, not ${String(status)}`);
    }
    this.status = status;
    this.category = options.category ?? 'system';
    this.code = options.code ?? categoryCode(this.category);
    this.details = options.details ?? noDetails;
    this.headers = options.headers ?? noHeaders;
    this.expose = options.expose ?? status < 500;
  }

  /** Whether `value` was made by this very class; a Proxy or another copy's error was not. */
  static isOwn(value: object): value is CovetError {
    return #own in value && value.#own;
  }
}

/**
 * An error that is an HTTP status: code and category follow from it.
 *
 * @example
 * ```ts
 * import { HttpError } from 'covet';
 *
 * const users = new Map([[1, { email: 'ada@example.com' }]]);
 * export function getUser(id: number) {
 *   const user = users.get(id);
 *   if (user === undefined) throw new HttpError(404, 'User not found', { details: { id } });
 *   return user;
 * }
 * ```
 *
 * From 500 on the message goes to the log only, unless `expose: true` is given.
 */
export class HttpError extends CovetError {
  constructor(status: number, message?: string, options: HttpErrorOptions = {}) {
    super(message ?? statusText(status), {
      ...options,
      status,
      category: options.category ?? toErrorCategory(status),
      code: options.code ?? (options.category === undefined ? toErrorCode(status) : categoryCode(options.category)),
    });
  }
}

/** Where in a request a fault lies. */
export type FaultPlace = 'path' | 'query' | 'header' | 'cookie' | 'body' | 'form' | 'file';

/** One fault of a request. */
export interface FieldError {
  /** The place in the input, joined by dots: `items.0.price`; `''` when the whole input is at fault. */
  readonly field: string;
  /** For people; the schema library's own text. */
  readonly message: string;
  /** The schema library's own code (`too_small`, `invalid_type` ...), else `'invalid'`. */
  readonly code: string;
  /** Which part of the request. Absent for rules that concern no single part. */
  readonly in?: FaultPlace | undefined;
  /** The same place as an RFC 6901 JSON Pointer: `/items/0/price`. */
  readonly pointer?: string | undefined;
  /** The value refused; only when the app sets `exposeRejectedValues`, redacted by name and capped in size. */
  readonly rejected_value?: unknown;
}

/**
 * The request does not fit the route's schemas: 422 `VALIDATION_ERROR` with every fault of every place.
 *
 * @example
 * ```ts
 * import { ValidationError } from 'covet';
 *
 * throw new ValidationError([{ field: 'email', message: 'Already taken', code: 'unique', in: 'body' }]);
 * ```
 */
export class ValidationError extends CovetError {
  readonly fieldErrors: readonly FieldError[];

  constructor(fieldErrors: readonly FieldError[], message: string = 'Validation failed') {
    super(message, {
      status: 422,
      category: 'validation',
      code: 'VALIDATION_ERROR',
      details: { field_errors: fieldErrors },
    });
    this.fieldErrors = fieldErrors;
  }
}

/**
 * A rule of the domain forbids what was asked: 400 `BUSINESS_RULE_VIOLATION`.
 *
 * @example
 * ```ts
 * import { BusinessRuleError } from 'covet';
 *
 * throw new BusinessRuleError('Insufficient funds', 'min_balance', { balance: 10, requested: 25 });
 * ```
 *
 * `rule` and `context` are sent to the client as `details.business_rule` and `details.context`.
 */
export class BusinessRuleError extends CovetError {
  constructor(message: string, rule: string, context: Readonly<Record<string, unknown>> = noDetails) {
    super(message, {
      status: 400,
      category: 'business_logic',
      code: 'BUSINESS_RULE_VIOLATION',
      details: { business_rule: rule, context },
    });
  }
}

/**
 * Another service failed us: 502 `EXTERNAL_SERVICE_ERROR`, with `Retry-After` when `retryAfter` (seconds) is given.
 *
 * The client learns the service's name only: what upstream said is the `cause`, and stays in the log.
 *
 * @example
 * ```ts
 * import { ExternalServiceError } from 'covet';
 *
 * const rates = await fetch('https://rates.example.com/today').catch((cause: unknown) => {
 *   throw new ExternalServiceError('rates', cause, { retryAfter: 30 });
 * });
 * ```
 */
export class ExternalServiceError extends CovetError {
  constructor(service: string, cause?: unknown, options: { readonly retryAfter?: number | undefined } = {}) {
    // RFC 9110 §10.2.3: a whole, non-negative number of seconds.
    const retryAfter = options.retryAfter === undefined ? undefined : Math.max(0, Math.ceil(options.retryAfter));
    const known = retryAfter !== undefined && Number.isFinite(retryAfter);
    super(`External service '${service}' failed`, {
      status: 502,
      category: 'external_service',
      code: 'EXTERNAL_SERVICE_ERROR',
      details: known ? { service_name: service, retry_after: retryAfter } : { service_name: service },
      headers: known ? { 'retry-after': String(retryAfter) } : undefined,
      cause,
      expose: true,
    });
  }
}

/**
 * Something took longer than it may: 504 `TIMEOUT_ERROR`.
 *
 * @example
 * ```ts
 * import { TimeoutError } from 'covet';
 *
 * throw new TimeoutError('Report took longer than 5 s');
 * ```
 *
 * The message goes to the log; the client reads "Gateway timeout" unless `expose: true` is given.
 */
export class TimeoutError extends CovetError {
  constructor(message: string = 'The operation timed out', options: Omit<HttpErrorOptions, 'code' | 'category'> = {}) {
    super(message, { ...options, status: 504, category: 'system', code: 'TIMEOUT_ERROR' });
  }
}

// On the prototypes, as for the built-in errors, and by literal keys, which survive a minifier.
const named = { CovetError, HttpError, ValidationError, BusinessRuleError, ExternalServiceError, TimeoutError };
for (const [name, errorClass] of Object.entries(named)) {
  Object.defineProperty(errorClass.prototype, 'name', { value: name, configurable: true, writable: true });
}
Object.defineProperty(CovetError.prototype, kCovetError, { value: true });

const timeoutCodes: ReadonlySet<unknown> = new Set([
  'ETIMEDOUT',
  'UND_ERR_CONNECT_TIMEOUT',
  'UND_ERR_HEADERS_TIMEOUT',
  'UND_ERR_BODY_TIMEOUT',
]);

/**
 * Makes anything thrown a {@link CovetError}, without ever throwing itself.
 *
 * Covet's own errors come back as they are. Timeouts (`AbortSignal.timeout`, socket and undici timeouts) become
 * {@link TimeoutError}. Everything else, whatever `status` or `message` it claims, becomes a 500 `SYSTEM_ERROR`
 * with a generic text: an upstream's 404 is not ours. The thrown value is kept as `cause`.
 *
 * @example
 * ```ts
 * import { toCovetError } from './error.ts';
 *
 * console.log(toCovetError(new Error('SELECT failed')).message); // Internal Server Error
 * ```
 */
export function toCovetError(thrown: unknown): CovetError {
  if ((typeof thrown !== 'object' && typeof thrown !== 'function') || thrown === null) return unknownError(thrown);
  if (CovetError.isOwn(thrown)) return thrown;
  if (readSafely(thrown, kCovetError) === true) return fromOtherCopy(thrown);
  return isTimeout(thrown) || isTimeout(readSafely(thrown, 'cause'))
    ? new TimeoutError(undefined, { cause: thrown })
    : unknownError(thrown);
}

function unknownError(cause: unknown): CovetError {
  return new CovetError('Internal Server Error', { cause });
}

/** Another copy of this package threw it, or it sits behind a Proxy: every field is checked before it is believed. */
function fromOtherCopy(thrown: object): CovetError {
  const status = readSafely(thrown, 'status');
  const message = readSafely(thrown, 'message');
  const category = readSafely(thrown, 'category');
  const code = readSafely(thrown, 'code');
  const details = readSafely(thrown, 'details');
  if (typeof status !== 'number' || !Number.isInteger(status) || status < 400 || status > 599)
    return unknownError(thrown);
  if (typeof message !== 'string' || typeof code !== 'string') return unknownError(thrown);
  return new CovetError(message, {
    status,
    code,
    category: isErrorCategory(category) ? category : toErrorCategory(status),
    details: typeof details === 'object' && details !== null ? (details as Record<string, unknown>) : undefined,
    headers: readHeaders(readSafely(thrown, 'headers')),
    expose: readSafely(thrown, 'expose') === true,
    cause: thrown,
  });
}

function readHeaders(from: unknown): Record<string, string> {
  const headers: Record<string, string> = {};
  if (typeof from !== 'object' || from === null) return headers;
  try {
    for (const [name, value] of Object.entries(from)) if (typeof value === 'string') headers[name] = value;
  } catch {
    // A Proxy that refuses to be listed has no headers to give.
  }
  return headers;
}

function isTimeout(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false;
  return readSafely(value, 'name') === 'TimeoutError' || timeoutCodes.has(readSafely(value, 'code'));
}
