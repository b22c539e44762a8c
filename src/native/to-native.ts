/** Options in, the addon's own out: the only conversion on the way to it. */
import type { Limits } from '../types/limits.ts';
import { defaultIoThreads } from './index.ts';
import type { NativeServerOptions } from './index.ts';

/** What a server is made with. */
export interface ServerOptions {
  readonly limits: Required<Limits>;
  readonly ioThreads: number | undefined;
  readonly missesReachHandler: boolean;
  readonly problemDetails: boolean;
}

export function toNativeServerOptions({ limits, ...options }: ServerOptions): NativeServerOptions {
  return {
    ioThreads: options.ioThreads ?? defaultIoThreads(),
    maxInFlight: limits.maxInFlight,
    maxHead: limits.maxHeaderSize,
    maxHeaders: limits.maxHeadersCount,
    maxTarget: limits.maxUrlLength,
    maxBody: limits.bodyLimit,
    headTimeout: limits.headersTimeout,
    keepAliveTimeout: limits.keepAliveTimeout,
    bodyTimeout: limits.bodyTimeout,
    writeTimeout: limits.writeTimeout,
    minBodyRate: limits.minBodyRate,
    bodyRateGrace: limits.bodyRateGrace,
    missesReachHandler: options.missesReachHandler,
    problemDetails: options.problemDetails,
  } satisfies NativeServerOptions;
}
