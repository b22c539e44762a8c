/** How a transaction runs. */

/** How much a transaction sees of others (§ 13.2 of PostgreSQL's manual). */
export type IsolationLevel = 'read committed' | 'repeatable read' | 'serializable';

/** Options of a transaction's beginning. */
export interface BeginOptions {
  /** Default: the server's, `read committed`. */
  readonly isolation?: IsolationLevel | undefined;
  /** Whether it may not write. Default false. */
  readonly readOnly?: boolean | undefined;
  /** With `serializable` and `readOnly`: waits until it can run without ever failing. Default false. */
  readonly deferrable?: boolean | undefined;
  /** Cancels the running statement, and refuses further ones, when it fires. */
  readonly signal?: AbortSignal | undefined;
}

/** When and how often a transaction is tried again. */
export interface RetryOptions {
  /** How often it may be tried again after its first time. Default 5. */
  readonly retries?: number | undefined;
  /** The longest wait before the first of them, in milliseconds; doubled for each further one. Default 20. */
  readonly delay?: number | undefined;
  /** The longest wait of all, in milliseconds. Default 2000. */
  readonly maxDelay?: number | undefined;
}

/** Options of {@link Database.transaction}. */
export interface TransactionOptions extends BeginOptions {
  /**
   * Tries the whole function again after a serialization failure (40001), a deadlock (40P01), or a connection that was lost
   * before the commit; a commit whose answer was lost is asked after, never repeated blindly. Not when the pool is used up. The
   * function must be fit to run more than once. A transaction within another refuses it. Default: no retries.
   */
  readonly retry?: number | RetryOptions | undefined;
  /** `'apart'` begins one of its own instead of a savepoint in the one that surrounds it. Default `'join'`. */
  readonly transaction?: 'join' | 'apart' | undefined;
}

const levels: ReadonlySet<unknown> = new Set<IsolationLevel>(['read committed', 'repeatable read', 'serializable']);

/**
 * The statement a transaction begins with.
 *
 * @throws TypeError when the isolation level is none.
 */
export function toBegin({ isolation, readOnly, deferrable }: BeginOptions): string {
  // It becomes part of the text: the type alone would not keep a foreign value out.
  if (isolation !== undefined && !levels.has(isolation)) {
    throw new TypeError(
      `isolation must be 'read committed', 'repeatable read' or 'serializable', not '${isolation as string}'`,
    );
  }
  const modes = [
    ...(isolation === undefined ? [] : [`isolation level ${isolation}`]),
    ...(readOnly === undefined ? [] : [readOnly ? 'read only' : 'read write']),
    ...(deferrable === true ? ['deferrable'] : []),
  ];
  return modes.length === 0 ? 'begin' : `begin ${modes.join(', ')}`;
}
