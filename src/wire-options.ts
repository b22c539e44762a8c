/**
 * Proxies and compression: what an application was told in, what the addon is told out.
 * Checked where the application is made, so that a slip is found before anything listens.
 */
import { checkNames } from './internal/known-options.ts';
import type { NamesOf } from './internal/known-options.ts';
import { checkNetworks } from './native/index.ts';
import type { NativeCoding, NativeCompression, NativeProxies } from './native/index.ts';
import type { CompressionOptions, ContentCoding, TrustProxy } from './types/wire.ts';

/** What the addon is told of proxies and of compression. */
export interface WireOptions {
  readonly proxies?: NativeProxies;
  readonly compression?: NativeCompression;
}

const compressionNames: NamesOf<CompressionOptions> = { threshold: true, encodings: true, levels: true, types: true };

const MOST_HOPS = 255;
const MOST_THRESHOLD = 2 ** 31 - 1;

/** Least and most effort of each coding, the favourite first. The addon has the same bounds. */
const codings: Readonly<Record<ContentCoding, readonly [number, number]>> = { zstd: [1, 12], br: [0, 9], gzip: [1, 9] };
const names = Object.keys(codings) as readonly ContentCoding[];

/** @throws TypeError or RangeError naming the option that is none, and why. */
export function toWireOptions(
  trustProxy: TrustProxy = false,
  compression: boolean | CompressionOptions = false,
): WireOptions {
  return { ...toProxies(trustProxy), ...toCompression(compression) };
}

function toProxies(given: TrustProxy): WireOptions {
  if (given === false) return {};
  if (isProxiesWithHeader(given)) {
    if (given.header !== 'forwarded' && given.header !== 'x-forwarded') {
      throw new TypeError(`trustProxy.header is 'x-forwarded' or 'forwarded', not ${String(given.header)}`);
    }
    return { proxies: toTrusted(given.proxies, given.header === 'forwarded') };
  }
  return { proxies: toTrusted(given, false) };
}

function isProxiesWithHeader(given: TrustProxy): given is Extract<TrustProxy, { header: string }> {
  return typeof given === 'object' && given !== null && !Array.isArray(given);
}

function toTrusted(proxies: unknown, standardHeader: boolean): NativeProxies {
  if (typeof proxies === 'number') {
    if (!Number.isInteger(proxies) || proxies < 0 || proxies > MOST_HOPS) {
      throw new RangeError(`trustProxy counts proxies, a whole number from 0 to ${MOST_HOPS}, not ${String(proxies)}`);
    }
    return { hops: proxies, standardHeader };
  }
  if (!Array.isArray(proxies) || !proxies.every((entry) => typeof entry === 'string')) {
    // `true` would take every client's word for who it is.
    throw new TypeError(
      'trustProxy is false, a number of proxies, or a list of addresses, networks and their names; to trust any peer, count',
    );
  }
  try {
    checkNetworks(proxies);
  } catch (cause) {
    throw new RangeError(`trustProxy: ${(cause as Error).message}`, { cause });
  }
  return { networks: proxies, standardHeader };
}

function toCompression(given: boolean | CompressionOptions): WireOptions {
  if (given === false) return {};
  if (given !== true && (typeof given !== 'object' || given === null)) {
    throw new TypeError(`compression is true, false or its options, not ${String(given)}`);
  }
  if (given !== true) checkNames(given, compressionNames, 'compression');
  const { threshold = 1024, encodings = names, levels = {}, types = [] } = given === true ? {} : given;
  if (!Number.isInteger(threshold) || threshold < 0 || threshold > MOST_THRESHOLD) {
    throw new RangeError(`compression.threshold is a whole number of bytes from 0, not ${String(threshold)}`);
  }
  for (const name of Object.keys(levels)) checkCoding('levels', name);
  for (const type of types) {
    if (!/^[!#$%&'*+\-.^_`|~\w]+\/[!#$%&'*+\-.^_`|~\w]+$/.test(type)) {
      throw new TypeError(`compression.types has media types such as 'model/*', not '${type}'`);
    }
  }
  const chosen = checkEncodings(encodings).map((name) => toCoding(name, levels[name]));
  return { compression: { threshold, codings: chosen, types: [...types] } };
}

function checkEncodings(encodings: readonly ContentCoding[]): readonly ContentCoding[] {
  for (const name of encodings) checkCoding('encodings', name);
  if (encodings.length === 0) throw new TypeError('compression.encodings is empty: compression: false switches it off');
  return encodings;
}

function checkCoding(where: string, name: string): void {
  if (Object.hasOwn(codings, name)) return;
  throw new TypeError(`compression.${where} knows ${names.join(', ')}, not '${name}'`);
}

function toCoding(name: ContentCoding, level: number | undefined): NativeCoding {
  if (level === undefined) return { name };
  const [least, most] = codings[name];
  if (!Number.isInteger(level) || level < least || level > most) {
    throw new RangeError(`compression.levels.${name} is a whole number from ${least} to ${most}, not ${String(level)}`);
  }
  return { name, level };
}
