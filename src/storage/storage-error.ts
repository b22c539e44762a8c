import { errorCodes } from '../error-code.ts';
/** What a file storage refuses or cannot do. */
import { CovetError } from '../error.ts';

/** What went wrong, by name. */
export type StorageErrorCode =
  | 'NOT_FOUND'
  | 'EXISTS'
  | 'TOO_LARGE'
  | 'INVALID_KEY'
  | 'INVALID_TYPE'
  | 'UNAVAILABLE'
  | 'REFUSED'
  | 'UNSUPPORTED';

/**
 * A file storage could not do what it was asked. Unhandled in a handler it answers with the status of its code.
 *
 * | code           | status | when                                                                               |
 * | -------------- | ------ | ---------------------------------------------------------------------------------- |
 * | `NOT_FOUND`    | 404    | there is no file of this key                                                       |
 * | `EXISTS`       | 409    | there is one already, and `overwrite` is not set                                   |
 * | `TOO_LARGE`    | 413    | the file is larger than `maxSize`, or than the storage takes                       |
 * | `INVALID_KEY`  | 400    | a key that could lead elsewhere, or that not every storage can keep                |
 * | `INVALID_TYPE` | 400    | a media type that is none                                                          |
 * | `UNAVAILABLE`  | 503    | the storage is down, full or overloaded: the same may work later                   |
 * | `REFUSED`      | 500    | the storage said no, and will again: credentials, rights, a bucket that is not there |
 * | `UNSUPPORTED`  | 501    | this kind of storage cannot do it                                                  |
 *
 * The texts of 5xx errors reach the log only. What the system or the server said is the `cause`.
 *
 * @example
 * ```ts
 * import { MemoryStorage, StorageError } from 'covet';
 *
 * const storage = new MemoryStorage();
 * try {
 *   await storage.open('missing.txt');
 * } catch (error) {
 *   if (error instanceof StorageError) console.log(error.code, error.status); // NOT_FOUND 404
 * }
 * ```
 */
export class StorageError extends CovetError {
  declare readonly code: StorageErrorCode;

  constructor(code: StorageErrorCode, message: string, options: { readonly cause?: unknown } = {}) {
    super(message, { code, ...errorCodes[code], ...('cause' in options ? { cause: options.cause } : undefined) });
  }
}

// On the prototype and by a literal key, as for the other errors: it survives a minifier.
Object.defineProperty(StorageError.prototype, 'name', {
  value: 'StorageError',
  configurable: true,
  writable: true,
});

/** Whether what is looked for is there; rejects where that cannot be told. */
export async function isFound(looking: Promise<unknown>): Promise<boolean> {
  try {
    await looking;
    return true;
  } catch (error) {
    if (error instanceof StorageError && error.code === 'NOT_FOUND') return false;
    throw error;
  }
}
