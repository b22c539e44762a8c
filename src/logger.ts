/**
 * What is worth telling goes in, JSON lines come out, without secrets.
 * Logging happens after the response and can fail without hurting it.
 */
import { pino } from 'pino';

import { toCovetError, ValidationError } from './error.ts';
import type { CovetError } from './error.ts';
import { readSafely } from './internal/read-safely.ts';
import { toScalarText } from './internal/scalar-text.ts';
import { currentTenant } from './internal/work-scope.ts';

/** One logging method, in pino's form: facts first, then the sentence. */
export type LogMethod = (facts: object, message?: string) => unknown;

/** What Covet asks of a logger; pino, its children and most others fit. */
export interface Logger {
  readonly debug: LogMethod;
  readonly info: LogMethod;
  readonly warn: LogMethod;
  readonly error: LogMethod;
}

/** Options of the built-in logger. */
export interface LoggerOptions {
  /** The lowest level written. Default `'info'`. */
  readonly level?: 'trace' | 'debug' | 'info' | 'warn' | 'error' | 'fatal' | 'silent' | undefined;
  /** Further fields to hide, in pino's path syntax: `['user.email', 'rows[*].iban']`. */
  readonly redact?: readonly string[] | undefined;
  /** Where lines go. Default: standard output. */
  readonly destination?: { write(line: string): void } | undefined;
}

/** The `logger` option of an app: the built-in one (`true`), none (`false`), the built-in one with options, or yours. */
export type LoggerOption = boolean | LoggerOptions | Logger;

/** Names whose values are never written: at the top, and one and two objects below it. */
const secretNames = [
  'authorization',
  '["proxy-authorization"]',
  'cookie',
  '["set-cookie"]',
  '["x-api-key"]',
  'password',
  'passwd',
  'passphrase',
  'secret',
  'client_secret',
  'clientSecret',
  'token',
  'access_token',
  'accessToken',
  'refresh_token',
  'refreshToken',
  'api_key',
  'apiKey',
  'card_number',
  'cardNumber',
  'cvv',
];

const below = (prefix: string) => (name: string) => (name.startsWith('[') ? `${prefix}${name}` : `${prefix}.${name}`);
const secretPaths = [...secretNames, ...secretNames.map(below('*')), ...secretNames.map(below('*.*'))];

const silent: Logger = { debug: ignore, info: ignore, warn: ignore, error: ignore };

/**
 * Makes the logger of an app.
 *
 * The built-in one is pino: JSON lines on standard output, `authorization`, `cookie`, `set-cookie`, `x-api-key`,
 * `password`, `token` and their like shown as `[redacted]` down to two levels. Lines written within a request whose tenant was
 * resolved (`tenant` of `covet/data`) carry it; a logger of your own gets it by `currentTenant()`.
 *
 * @example
 * ```ts
 * import { Covet } from 'covet';
 * import { pino } from 'pino';
 *
 * export const quiet = new Covet({ logger: { level: 'warn', redact: ['user.email'] } });
 * export const own = new Covet({ logger: pino({ base: { service: 'shop' } }) });
 * ```
 *
 * @throws Error from pino for an unknown level or a malformed path.
 */
export function createLogger(option: LoggerOption = true): Logger {
  if (option === false) return silent;
  if (isLogger(option)) return option;
  const { level = 'info', redact = [], destination } = option === true ? {} : option;
  const options = { level, redact: { paths: [...secretPaths, ...redact], censor: '[redacted]' }, mixin: toTenantField };
  return destination === undefined ? pino(options) : pino(options, destination);
}

/** Of each line that is written within a tenant's request. An object of its own each time, since pino fills it. */
function toTenantField(): object {
  const tenant = currentTenant();
  return tenant === undefined ? {} : { tenant };
}

function isLogger(option: LoggerOption): option is Logger {
  return typeof option === 'object' && 'error' in option && typeof option.error === 'function';
}

/** What is known of the request that failed. No headers and no query: they carry credentials. */
export interface RequestErrorContext {
  readonly errorId?: string | undefined;
  readonly traceId?: string | undefined;
  /** The status that was sent. Default: the error's own. */
  readonly status?: number | undefined;
  readonly method?: string | undefined;
  readonly path?: string | undefined;
  /** The route's template, `/users/{id}`. */
  readonly route?: string | undefined;
  readonly ip?: string | undefined;
  readonly userId?: string | number | undefined;
  /** Whose request it was, where that had been resolved. */
  readonly tenant?: string | undefined;
}

/**
 * Logs a failed request once the response is on its way: `error` from 500 on, `info` for a client that went away (499),
 * else `warn`. Never throws: a logger that fails is reported as a process warning, once.
 */
export function logRequestError(logger: Logger, thrown: unknown, context: RequestErrorContext = {}): void {
  setImmediate(writeRequestError, logger, thrown, context);
}

function writeRequestError(logger: Logger, thrown: unknown, context: RequestErrorContext): void {
  try {
    const error = toCovetError(thrown);
    const status = context.status ?? error.status;
    const facts = toFacts(error, thrown, { ...context, status });
    const message = `Request error: ${readText(thrown, 'message') ?? error.message}`;
    writeLog(logger, status >= 500 ? 'error' : status === 499 ? 'info' : 'warn', facts, message);
  } catch (fault) {
    warnOfLogger(fault);
  }
}

/** Writes a line of the framework's own. Never throws: a logger that fails is reported as a process warning, once. */
export function writeLog(logger: Logger, level: keyof Logger, facts: object, message: string): void {
  try {
    const written = logger[level](facts, message);
    if (written instanceof Promise) written.catch(warnOfLogger);
  } catch (fault) {
    warnOfLogger(fault);
  }
}

let hasWarned = false;

function warnOfLogger(fault: unknown): void {
  if (hasWarned) return;
  hasWarned = true;
  process.emitWarning(`The logger failed: ${readText(fault, 'message') ?? typeof fault}`, { code: 'COVET_LOGGER' });
}

function toFacts(error: CovetError, thrown: unknown, context: RequestErrorContext): Record<string, unknown> {
  const { errorId, traceId, status, method, path, route, ip, userId, tenant } = context;
  const facts: Record<string, unknown> = {
    error_id: errorId,
    trace_id: traceId,
    status,
    code: error.code,
    category: error.category,
    method,
    path,
    route,
    ip,
    user_id: userId,
    tenant,
    exception_type: typeOf(thrown),
  };
  // Not `thrown`: a Proxy's trap may answer `instanceof` with an exception.
  if (error instanceof ValidationError) {
    facts['faults'] = error.fieldErrors.slice(0, 10).map(({ in: place, field, code }) => ({ in: place, field, code }));
  }
  if (status !== undefined && status >= 500) {
    // Stacks of refused requests would drown those of broken code.
    facts['stack'] = readText(thrown, 'stack');
    const causes = toCauses(thrown);
    if (causes.length > 0) facts['causes'] = causes;
  }
  return facts;
}

// A chain longer than this is a circle, or as good as one.
const maxCauses = 5;

function toCauses(thrown: unknown): object[] {
  const causes: object[] = [];
  let cause = readSafely(thrown, 'cause');
  while (cause !== undefined && cause !== null && causes.length < maxCauses) {
    causes.push({
      exception_type: typeOf(cause),
      message: readText(cause, 'message') ?? toScalarText(cause),
      code: readText(cause, 'code'),
      stack: readText(cause, 'stack'),
    });
    cause = readSafely(cause, 'cause');
  }
  return causes;
}

function typeOf(value: unknown): string {
  return readText(value, 'name') ?? readText(readSafely(value, 'constructor'), 'name') ?? typeof value;
}

// Enough for any sentence; a message can be a whole document.
const maxText = 8192;

function readText(from: unknown, key: string): string | undefined {
  const value = typeof from === 'string' && key === 'message' ? from : readSafely(from, key);
  return typeof value === 'string' && value !== '' ? value.slice(0, maxText) : undefined;
}

function ignore(): void {}
