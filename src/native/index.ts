/**
 * The gate to the addon: the only file that imports it.
 * In: the generated binding. Out: the classes and constants of it that the rest of `native/` uses.
 */
export {
  EVENT_ABORT,
  EVENT_REFUSALS,
  EVENT_REQUEST,
  EVENT_SHIFT,
  FLAG_BODY_ELSEWHERE,
  FLAG_HEAD_ELSEWHERE,
  FLAG_PATH_UTF8,
  INPUT_OFFSET,
  INT_ALLOW,
  INT_BODY,
  INT_FLAGS,
  INT_HEADERS,
  INT_METHOD,
  INT_PARAMS,
  INT_PATH,
  INT_QUERY,
  INT_REMOTE,
  INT_REMOTE_ADDRESS,
  INT_REPLY_BODY,
  INT_REPLY_HEADERS,
  INT_ROUTE,
  INT_STATUS,
  INT_TYPE,
  MISS_METHOD,
  MISS_NOT_FOUND,
  MISS_OPTIONS,
  NativeRouter,
  NativeServer,
  OUTPUT_OFFSET,
  SLOT_BYTES,
  defaultIoThreads,
} from '#native';
export type { NativeAddress, NativeRefusal, NativeRefusals, NativeRoute, NativeServerOptions } from '#native';
