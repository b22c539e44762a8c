/** Reads on replicas, in turn, and on the database itself when none answers. */
import { DatabaseError } from './database-error.ts';
import type { StatementResult } from './engine.ts';
import { Queryable, type QueryOptions, type StreamOptions } from './queryable.ts';
import type { Sql } from './sql.ts';

/** How long a replica that did not answer is left alone, in milliseconds. */
const restTime = 5000;

/** Whose turn it is, and who is left alone: shared by all that read from the same replicas. */
export interface Rotation {
  next: number;
  /** By the number of a replica: until when, by `performance.now()`. */
  readonly restsUntil: Map<number, number>;
}

/** One in which nobody has been asked yet. */
export function newRotation(): Rotation {
  return { next: 0, restsUntil: new Map() };
}

/** Where statements can be sent. */
interface Replica {
  readonly database: Queryable;
  readonly number: number;
}

export class ReadDatabase extends Queryable {
  readonly #primary: Queryable;
  readonly #replicas: readonly Replica[];
  readonly #isInTransaction: () => boolean;
  readonly #rotation: Rotation;

  constructor(primary: Queryable, replicas: readonly Queryable[], rotation: Rotation, isInTransaction: () => boolean) {
    super();
    this.#primary = primary;
    this.#replicas = replicas.map((database, number) => ({ database, number }));
    this.#rotation = rotation;
    this.#isInTransaction = isInTransaction;
  }

  override get isInTransaction(): boolean {
    return this.#isInTransaction();
  }

  protected override async send(statement: Sql<unknown>, options: QueryOptions | undefined): Promise<StatementResult> {
    for (const replica of this.#inTurn(options)) {
      try {
        return await replica.database.run(statement.bare, options);
      } catch (error) {
        if (isReplay(error)) break;
        this.#rest(replica, error);
      }
    }
    return this.#primary.run(statement.bare, options);
  }

  override async *stream<Row>(statement: Sql<Row>, options?: StreamOptions): AsyncGenerator<Row, void, undefined> {
    for (const replica of this.#inTurn(undefined)) {
      let hasBegun = false;
      try {
        for await (const row of replica.database.stream(statement, options)) {
          hasBegun = true;
          yield row;
        }
        return;
      } catch (error) {
        // Once a row is out, another server might give it again.
        if (hasBegun) throw error;
        if (isReplay(error)) break;
        this.#rest(replica, error);
      }
    }
    yield* this.#primary.stream(statement, options);
  }

  /** The replicas to be tried; none in a transaction, whose own writes they may not have yet. */
  #inTurn(options: QueryOptions | undefined): Replica[] {
    if (this.#replicas.length === 0) return [];
    if (options?.transaction !== 'apart' && this.#isInTransaction()) return [];
    const start = this.#rotation.next++ % this.#replicas.length;
    const now = performance.now();
    return [...this.#replicas.slice(start), ...this.#replicas.slice(0, start)].filter(
      ({ number }) => (this.#rotation.restsUntil.get(number) ?? 0) <= now,
    );
  }

  #rest(replica: Replica, error: unknown): void {
    if (!(error instanceof DatabaseError) || error.code !== 'DATABASE_UNAVAILABLE') throw error;
    this.#rotation.restsUntil.set(replica.number, performance.now() + restTime);
  }
}

/** What the replica replays clashed with what was read there: no fault of the reader, and it does not happen to the database. */
function isReplay(error: unknown): boolean {
  return error instanceof DatabaseError && error.isConflict;
}
