/** What the dispatcher is made with: the routes as they are compiled, and whom it tells of what. */
import type { Chain, Fail } from './compose.ts';
import type { NativeRefusals } from './native/index.ts';
import type { RouteOptions } from './native/to-native.ts';
import type { RequestRoute } from './request.ts';

/** A route ready to be served. */
export interface ServedRoute extends RequestRoute {
  readonly run: Chain;
  /** What the server keeps to by itself. */
  readonly options: RouteOptions;
}

/** What a `Dispatcher` is made with. */
export interface DispatchOptions {
  /** By the number the router gave them. */
  readonly routes: readonly ServedRoute[];
  /** Serves what has no route; the slot says which miss it is. */
  readonly miss: (event: number, allow: string) => ServedRoute;
  readonly fail: Fail;
  /** Milliseconds a handler may take; 0 for no limit. */
  readonly handlerTimeout: number;
  readonly onRefusals: (refusals: NativeRefusals) => void;
  /** Hears of errors that have no request to answer any more; `route` is that of the task after a response. */
  readonly onFault: (error: unknown, route?: string, tenant?: string) => void;
}
