/** The server's bounds: given ones in, all of them out. */
import type { Limits } from './types/limits.ts';

/** Every default. */
export const defaultLimits: Required<Limits> = Object.freeze({
  maxHeaderSize: 16 * 1024,
  maxHeadersCount: 100,
  maxUrlLength: 8 * 1024,
  headersTimeout: 30_000,
  keepAliveTimeout: 72_000,
  bodyLimit: 1024 * 1024,
  bodyTimeout: 0,
  minBodyRate: 240,
  bodyRateGrace: 5000,
  writeTimeout: 30_000,
  handlerTimeout: 30_000,
  maxInFlight: 1024,
  maxUploadsInFlight: 512,
  maxUploadSpool: 10 * 1024 ** 3,
  maxConnections: 0,
});

/** The most the native side takes: a signed 32-bit number. */
const MOST = 2 ** 31 - 1;

/** Least and most of those that cannot be any number: the native side could not live with others, or not at all. */
const ranges: Readonly<Record<string, readonly [number, number]>> = {
  maxHeaderSize: [256, 1024 * 1024],
  maxHeadersCount: [1, 10_000],
  // A target is 16-bit numbers to hyper.
  maxUrlLength: [1, 65_534],
  bodyLimit: [0, Number.MAX_SAFE_INTEGER],
  maxUploadSpool: [0, Number.MAX_SAFE_INTEGER],
  headersTimeout: [1, MOST],
  keepAliveTimeout: [1, MOST],
  writeTimeout: [1, MOST],
  // Each takes 8 KiB of address space, and memory once it is used.
  maxInFlight: [1, 65_536],
  maxUploadsInFlight: [1, 65_536],
};

/** Fills in defaults; a limit that is no sensible number is refused by name. */
export function toLimits(given: Limits = {}): Required<Limits> {
  const limits: Record<string, number> = { ...defaultLimits };
  for (const [name, value] of Object.entries(given)) {
    if (value === undefined) continue;
    if (!(name in defaultLimits)) throw new TypeError(`There is no limit '${name}'`);
    const [least, most] = ranges[name] ?? [0, MOST];
    if (!Number.isInteger(value) || value < least || value > most) {
      throw new RangeError(`The limit '${name}' is a whole number from ${least} to ${most}, not ${String(value)}`);
    }
    limits[name] = value;
  }
  // The others are for everybody else: those who only send slowly can never take them all.
  if (given.maxUploadsInFlight === undefined) limits['maxUploadsInFlight'] = Math.ceil(limits['maxInFlight']! / 2);
  return limits as unknown as Required<Limits>;
}

/** The milliseconds of a grace as timers and the native side take them, to whom more than 24 days are none at all. */
export function toGrace(grace: number): number {
  if (typeof grace !== 'number' || !(grace >= 0)) {
    throw new RangeError(`A grace is milliseconds from 0 to Infinity, not ${String(grace)}`);
  }
  return Math.min(Math.ceil(grace), MOST);
}
