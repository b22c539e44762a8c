/** A value as JSON has it in, MessagePack out, and back, by the package `@msgpack/msgpack`. */
import { createRequire } from 'node:module';

import { CovetError, HttpError } from '../error.ts';
import { dropPrototypes } from '../internal/parse-json.ts';
import type { Serializer } from '../types/serializer.ts';
import { findMsgpackFault } from './check-msgpack.ts';

/** What is used of the package. */
interface MessagePack {
  encode(value: unknown, options?: { readonly useBigInt64?: boolean }): Uint8Array;
  decode(bytes: Uint8Array, options?: { readonly useBigInt64?: boolean }): unknown;
}

/** From the least signed to the most unsigned number of 64 bits. */
const LEAST = -(2n ** 63n);
const MOST = 2n ** 64n - 1n;

/**
 * Writes answers as `application/msgpack`, and reads bodies of that type for a route's `body` schema. Needs the package `@msgpack/msgpack`, version 3.
 *
 * Integers of up to 64 bits are written as such, also where they are bigints; a larger one is an error. Integers that are read
 * are bigints beyond 2^53 alone. A timestamp is a `Date`, bytes are a `Uint8Array`. What is malformed, nested deeper than 64
 * levels or claims more than it has is a 400.
 *
 * @throws CovetError where the package is not installed.
 *
 * @example
 * ```ts
 * import { Covet, msgpackSerializer } from 'covet';
 *
 * const app = new Covet({ serializers: [msgpackSerializer()] });
 * app.get('/point', () => ({ x: 1, y: 2 }));
 * ```
 */
export function msgpackSerializer(): Serializer {
  const msgpack = load();
  return {
    type: 'application/msgpack',
    serialize: (value) => msgpack.encode(value, { useBigInt64: hasBigInt(value) }),
    parse(bytes) {
      const fault = findMsgpackFault(bytes);
      if (fault === 'deep') throw new HttpError(400, 'MessagePack is nested deeper than 64 levels');
      if (fault === 'short') throw new HttpError(400, 'The MessagePack ends before it is complete');
      const value = withNumbers(msgpack.decode(bytes, { useBigInt64: true }));
      dropPrototypes(value);
      return value;
    },
  };
}

/** Integers that a number can hold are numbers. Recursion is bounded: how deep the value is was checked before. */
function withNumbers(value: unknown): unknown {
  if (typeof value === 'bigint') {
    return value >= Number.MIN_SAFE_INTEGER && value <= Number.MAX_SAFE_INTEGER ? Number(value) : value;
  }
  if (Array.isArray(value)) {
    for (let index = 0; index < value.length; index++) value[index] = withNumbers(value[index]);
  } else if (isPlain(value)) {
    for (const name of Object.keys(value)) value[name] = withNumbers(value[name]);
  }
  return value;
}

function isPlain(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && Object.getPrototypeOf(value) === Object.prototype;
}

function load(): MessagePack {
  try {
    // Not imported: it is there only where somebody wants it.
    return createRequire(import.meta.url)('@msgpack/msgpack') as MessagePack;
  } catch (cause) {
    throw new CovetError('msgpackSerializer needs a package: run `npm install @msgpack/msgpack`', { cause });
  }
}

function hasBigInt(value: unknown): boolean {
  if (typeof value === 'bigint') {
    if (value >= LEAST && value <= MOST) return true;
    throw new CovetError('An integer of more than 64 bits has no place in MessagePack');
  }
  if (typeof value !== 'object' || value === null) return false;
  let has = false;
  // All of them, since each has to fit.
  for (const member of Object.values(value)) has = hasBigInt(member) || has;
  return has;
}
