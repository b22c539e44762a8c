/**
 * A Covet error goes in; the status, headers and JSON text a client may see come out.
 * The only place where an error is turned into bytes, and it never throws.
 */
import { randomUUID } from 'node:crypto';

import { errorCodes, statusText, toErrorCode } from './error-code.ts';
import type { ErrorCategory } from './error-code.ts';
import { CovetError } from './error.ts';
import { acceptQuality } from './internal/accept.ts';

/** `'covet'`: `{"error":{...}}`; `'problem'`: RFC 9457 `application/problem+json`. */
export type ErrorFormat = 'covet' | 'problem';

/** Options of {@link toErrorBody} and {@link toErrorReply}. */
export interface ErrorReplyOptions {
  /** UUID of this very failure, sent as `X-Error-ID` and written to the log. Default: a new one. */
  readonly errorId?: string | undefined;
  /** The request's `traceparent` header; its trace id becomes `trace_id`, else the error id does. */
  readonly traceparent?: string | undefined;
  /** Default `'covet'`. */
  readonly format?: ErrorFormat | undefined;
}

/** Covet's error body. */
export interface CovetErrorBody {
  readonly error: {
    readonly message: string;
    readonly code: string;
    readonly category: ErrorCategory;
    readonly details: Readonly<Record<string, unknown>>;
    readonly trace_id: string;
  };
}

/** The same as a problem of RFC 9457; Covet's fields are extension members. */
export interface ProblemBody {
  readonly type: 'about:blank';
  readonly title: string;
  readonly status: number;
  readonly detail: string;
  readonly code: string;
  readonly category: ErrorCategory;
  readonly details: Readonly<Record<string, unknown>>;
  readonly trace_id: string;
}

/** An error ready to be sent. */
export interface ErrorReply {
  readonly status: number;
  /** Lower-case names. */
  readonly headers: Readonly<Record<string, string>>;
  /** JSON text. */
  readonly body: string;
  readonly errorId: string;
}

const none: Readonly<Record<string, unknown>> = Object.freeze({});

/**
 * The JSON body of an error. An error that is not exposed shows its status phrase, its code and nothing else.
 *
 * @example
 * ```ts
 * import { HttpError } from './error.ts';
 * import { toErrorBody } from './error-reply.ts';
 *
 * const body = toErrorBody(new HttpError(404, 'User not found'), { errorId: 'e-1' });
 * // { error: { message: 'User not found', code: 'NOT_FOUND', category: 'not_found', details: {}, trace_id: 'e-1' } }
 * ```
 */
export function toErrorBody(error: CovetError, options: ErrorReplyOptions = {}): CovetErrorBody | ProblemBody {
  const { status, code, category, expose } = error;
  const title = statusText(status);
  const message = expose ? error.message : title;
  const details = expose ? error.details : none;
  const trace_id = toTraceId(options.traceparent) ?? options.errorId ?? randomUUID();
  if (options.format !== 'problem') return { error: { message, code, category, details, trace_id } };
  return { type: 'about:blank', title, status, detail: message, code, category, details, trace_id };
}

/**
 * The whole answer to an error: status, headers (`content-type`, `x-error-id` and the error's own) and body text.
 * Details that are not JSON (circles, bigints, throwing getters) are left out.
 */
export function toErrorReply(error: CovetError, options: ErrorReplyOptions = {}): ErrorReply {
  const errorId = options.errorId ?? randomUUID();
  const body = toText(error, { ...options, errorId });
  const headers: Record<string, string> = {};
  for (const [name, value] of Object.entries(error.headers)) headers[name.toLowerCase()] = value;
  headers['content-type'] = options.format === 'problem' ? 'application/problem+json' : 'application/json';
  headers['x-error-id'] = errorId;
  return { status: error.status, headers, body, errorId };
}

/**
 * The format an Accept header asks for: `'problem'` when it names `application/problem+json` and wants it at least as
 * much as plain JSON. Wildcards ask for nothing special.
 */
export function toErrorFormat(accept: string | undefined, byDefault: ErrorFormat = 'covet'): ErrorFormat {
  // The substring test keeps the common request, which says nothing of problems, free of parsing.
  if (accept === undefined || !/problem\+json/i.test(accept)) return byDefault;
  const problem = acceptQuality(accept, 'application/problem+json');
  return problem > 0 && problem >= acceptQuality(accept, 'application/json') ? 'problem' : 'covet';
}

const traceparentSyntax = /^(?!ff)[0-9a-f]{2}-([0-9a-f]{32})-([0-9a-f]{16})-[0-9a-f]{2}(-.*)?$/;
const allZeros = /^0+$/;

/** The trace id of a valid W3C `traceparent` header, else undefined. */
export function toTraceId(traceparent: string | undefined): string | undefined {
  if (traceparent === undefined) return undefined;
  const match = traceparentSyntax.exec(traceparent);
  if (match === null) return undefined;
  const [, traceId, parentId, more] = match;
  // Version 00 ends after the flags; only later versions may go on.
  if (more !== undefined && traceparent.startsWith('00')) return undefined;
  return allZeros.test(traceId!) || allZeros.test(parentId!) ? undefined : traceId;
}

function toText(error: CovetError, options: ErrorReplyOptions): string {
  try {
    return JSON.stringify(toErrorBody(error, options));
  } catch {
    // The details (or a subclass's getter) are at fault; the client still gets an answer with what is certain.
    const { status } = error;
    const code = toErrorCode(status);
    const plain = new CovetError(statusText(status), {
      status,
      code,
      category: errorCodes[code].category,
      expose: true,
    });
    return JSON.stringify(toErrorBody(plain, options));
  }
}
