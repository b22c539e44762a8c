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
});

/** The most the native side takes: a signed 32-bit number. */
const MOST = 2 ** 31 - 1;

/** Fills in defaults; a limit that is no sensible number is refused by name. */
export function toLimits(given: Limits = {}): Required<Limits> {
  const limits: Record<string, number> = { ...defaultLimits };
  for (const [name, value] of Object.entries(given)) {
    if (value === undefined) continue;
    if (!(name in defaultLimits)) throw new TypeError(`There is no limit '${name}'`);
    if (!Number.isInteger(value) || value < 0 || value > MOST) {
      throw new RangeError(`The limit '${name}' is a whole number from 0 to ${MOST}, not ${String(value)}`);
    }
    limits[name] = value;
  }
  return limits as unknown as Required<Limits>;
}
