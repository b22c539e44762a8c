/**
 * What the server keeps to for one route before JavaScript runs. In: the route's spec. Out: the server's own options,
 * checked where the route is compiled, so that a slip is found before anything listens.
 */
import type { NativeDecompression, NativeFolder } from './native/index.ts';
import type { RouteOptions } from './native/to-native.ts';
import type { RouteSpec } from './types/route-spec.ts';
import type { ContentCoding } from './types/wire.ts';
import { toUploadLimit } from './upload/form-options.ts';

/** In the server's order, the best first. */
const codings: readonly ContentCoding[] = ['zstd', 'br', 'gzip'];

/**
 * Bytes that may come of one. Measured, tables and JSON of 20,000 rows shrink 7 to 31 times, by gzip and br; a bomb of zeros
 * 1,000 times and more. Between them are lines that repeat each other, such as those of a health check's log: a route for
 * these raises it.
 */
const DEFAULT_RATIO = 100;

/** The most the native side takes. */
const MOST_RATIO = 2 ** 31 - 1;

/**
 * @param route How errors name it: `POST /users`.
 * @throws TypeError or RangeError naming the option that is none, and why.
 */
export function toRouteOptions(spec: RouteSpec, route: string, folder: NativeFolder | undefined): RouteOptions {
  return {
    bodyLimit: toBodyLimit(spec, route),
    decompression: toDecompression(spec.decompress, route),
    sendsPlain: toSendsPlain(spec.compress, route),
    folder,
  };
}

function toBodyLimit({ bodyLimit: limit, files, formLimits }: RouteSpec, route: string): number | undefined {
  if (limit === undefined && files !== undefined) return toUploadLimit(files, formLimits);
  if (limit === undefined || (Number.isSafeInteger(limit) && limit >= 0)) return limit;
  throw new RangeError(`The bodyLimit of ${route} is a whole number from 0 to 2^53 - 1, not ${String(limit)}`);
}

function toDecompression(given: RouteSpec['decompress'] = false, route: string): NativeDecompression | undefined {
  if (given === false) return undefined;
  if (given !== true && (typeof given !== 'object' || given === null)) {
    throw new TypeError(`The decompress of ${route} is true, false or its options, not ${String(given)}`);
  }
  const { maxRatio = DEFAULT_RATIO, encodings = codings, ...others } = given === true ? {} : given;
  const [unknown] = Object.keys(others);
  if (unknown !== undefined) throw new TypeError(`The decompress of ${route} has no option '${unknown}'`);
  if (!Number.isInteger(maxRatio) || maxRatio < 1 || maxRatio > MOST_RATIO) {
    throw new RangeError(
      `decompress.maxRatio of ${route} is a whole number from 1 to ${MOST_RATIO}, not ${String(maxRatio)}`,
    );
  }
  for (const name of encodings) {
    if (codings.includes(name)) continue;
    throw new TypeError(`decompress.encodings of ${route} knows ${codings.join(', ')}, not '${name}'`);
  }
  if (encodings.length === 0) {
    throw new TypeError(`decompress.encodings of ${route} is empty: decompress: false refuses coded bodies`);
  }
  return { codings: [...encodings], maxRatio };
}

function toSendsPlain(compress: boolean | undefined, route: string): boolean {
  if (compress === undefined) return false;
  if (!compress) return true;
  throw new TypeError(
    `The compress of ${route} is false or left out, not ${String(compress)}: the application's compression is for all`,
  );
}
