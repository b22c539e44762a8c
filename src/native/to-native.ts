/** Options in, the addon's own out: the only conversion on the way to it. */
import type { Limits } from '../types/limits.ts';
import { defaultIoThreads } from './index.ts';
import type { NativeDecompression, NativeFolder, NativeRouteOptions, NativeServerOptions } from './index.ts';

/** What a server is made with. */
export interface ServerOptions {
  readonly limits: Required<Limits>;
  readonly ioThreads: number | undefined;
  readonly missesReachHandler: boolean;
  readonly problemDetails: boolean;
  /** The process lives until the server is closed. */
  readonly holdsProcess: boolean;
  readonly wire: Partial<Pick<NativeServerOptions, 'proxies' | 'compression'>>;
  readonly uploadDirectory: string;
  /** By the number the router gave them. */
  readonly routes: readonly RouteOptions[];
}

/** What one route has of its own, for the server to keep to before JavaScript runs. */
export interface RouteOptions {
  readonly bodyLimit: number | undefined;
  /** Coded bodies that are taken, if any. */
  readonly decompression?: NativeDecompression | undefined;
  /** Answers are never compressed. */
  readonly sendsPlain?: boolean;
  /** The folder whose files answer it. */
  readonly folder?: NativeFolder | undefined;
}

export function toNativeServerOptions({ limits, ...options }: ServerOptions): NativeServerOptions {
  return {
    ioThreads: options.ioThreads ?? defaultIoThreads(),
    holdsProcess: options.holdsProcess,
    maxInFlight: limits.maxInFlight,
    maxUploadsInFlight: limits.maxUploadsInFlight,
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
    maxConnections: limits.maxConnections,
    ...options.wire,
    spoolDirectory: options.uploadDirectory,
    maxSpool: limits.maxUploadSpool,
    routes: options.routes.map(toNativeRouteOptions),
  } satisfies NativeServerOptions;
}

function toNativeRouteOptions({ bodyLimit, decompression, sendsPlain, folder }: RouteOptions): NativeRouteOptions {
  return {
    ...(bodyLimit !== undefined && { maxBody: bodyLimit }),
    ...(decompression !== undefined && { decompression }),
    ...(sendsPlain !== undefined && { sendsPlain }),
    ...(folder !== undefined && { folder }),
  };
}
