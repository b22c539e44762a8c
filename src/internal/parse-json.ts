/**
 * The bytes of a JSON body go in, a value free of prototype tricks comes out.
 * The only file that turns a client's text into objects.
 */
import { isUtf8 } from 'node:buffer';

import { HttpError } from '../error.ts';
import { findJsonFault } from './json-fault.ts';

/** Limits of {@link parseJson}. */
export interface ParseJsonOptions {
  /** Deepest nesting of arrays and objects allowed. Default 64. */
  readonly maxDepth?: number | undefined;
}

// Parsing itself is not recursive, but schemas, serialisers and users' code that walk the value are.
const defaultMaxDepth = 64;

/**
 * Parses a JSON body (RFC 8259).
 *
 * An empty body is `undefined`. One leading byte order mark is ignored. `__proto__` keys, and `constructor` keys whose
 * value has a `prototype`, are dropped at every level. Of a repeated key the last value counts.
 *
 * @example
 * ```ts
 * import { parseJson } from './parse-json.ts';
 *
 * console.log(parseJson('{"a":1,"__proto__":{"admin":true}}')); // { a: 1 }
 * ```
 *
 * @throws HttpError 400 `INVALID_JSON` for bad UTF-8, bad syntax (with the `position` of the first bad character, never
 * the text around it) and nesting beyond `maxDepth`.
 */
export function parseJson(body: string | Uint8Array, options: ParseJsonOptions = {}): unknown {
  const text = typeof body === 'string' ? withoutMark(body) : decode(body);
  if (text === '') return undefined;
  const maxDepth = options.maxDepth ?? defaultMaxDepth;
  if (mayExceed(text, maxDepth) && exceeds(text, maxDepth)) {
    throw invalid(`JSON is nested deeper than ${maxDepth} levels`);
  }
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    // The engine's message quotes the body, which may hold a password; ours gives the place only.
    const position = findJsonFault(text);
    throw invalid(`Invalid JSON at position ${position}`, { position });
  }
  if (isSuspicious(text)) dropPrototypes(value);
  return value;
}

function decode(bytes: Uint8Array): string {
  if (!isUtf8(bytes)) throw invalid('The body is not valid UTF-8');
  const buffer = Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return withoutMark(buffer.toString('utf8'));
}

function withoutMark(text: string): string {
  return text.charCodeAt(0) === 0xfeff ? text.slice(1) : text;
}

function invalid(message: string, details?: Record<string, unknown>): HttpError {
  return new HttpError(400, message, { code: 'INVALID_JSON', details });
}

/** Counts brackets with the engine's fast search: few brackets cannot be deep, and most bodies have few. */
function mayExceed(text: string, maxDepth: number): boolean {
  if (text.length <= maxDepth) return false;
  let left = maxDepth;
  for (let at = text.indexOf('{'); at !== -1; at = text.indexOf('{', at + 1)) if (--left < 0) return true;
  for (let at = text.indexOf('['); at !== -1; at = text.indexOf('[', at + 1)) if (--left < 0) return true;
  return false;
}

function exceeds(text: string, maxDepth: number): boolean {
  let depth = 0;
  for (let at = 0; at < text.length; at++) {
    switch (text.charCodeAt(at)) {
      case 0x22: // a string: skip to its closing quote
        for (at++; at < text.length && text.charCodeAt(at) !== 0x22; at++) if (text.charCodeAt(at) === 0x5c) at++;
        break;
      case 0x5b:
      case 0x7b:
        if (++depth > maxDepth) return true;
        break;
      case 0x5d:
      case 0x7d:
        depth--;
        break;
      default:
    }
  }
  return false;
}

/** A key can hide behind `\u` escapes, so any of those is reason enough to look at the parsed value. */
function isSuspicious(text: string): boolean {
  return text.includes('__proto__') || text.includes('constructor') || text.includes('\\u');
}

/**
 * Drops `__proto__` keys, and `constructor` keys whose value has a `prototype`, at every level. The caller has checked how deep
 * the value is: this recurses.
 */
export function dropPrototypes(value: unknown): void {
  if (typeof value !== 'object' || value === null || ArrayBuffer.isView(value)) return;
  if (Array.isArray(value)) {
    for (const item of value) dropPrototypes(item);
    return;
  }
  const record = value as Record<string, unknown>;
  for (const key of Object.keys(record)) {
    if (key === '__proto__') delete record[key];
    else if (key === 'constructor' && hasPrototype(record[key])) delete record[key];
    else dropPrototypes(record[key]);
  }
}

function hasPrototype(value: unknown): boolean {
  return typeof value === 'object' && value !== null && Object.hasOwn(value, 'prototype');
}
