/**
 * One statement as `pg` sends and hears a query that is not its own, by the interface that its cursors use, too. `pg`'s own asks
 * at each run what the rows look like; this one asks once, where the server keeps the statement, and takes the beginning of a
 * transaction along.
 */
import { encodeMessages } from './driver-messages.ts';
import type { EncodedValue } from './encode-value.ts';
import type { StatementResult } from './engine.ts';
import { columnParsers, type ColumnParser } from './parse-column.ts';

/** A statement that the server keeps under a name. */
export interface PreparedStatement {
  readonly name: string;
  /** What its rows look like, once it has run. */
  rows: RowShape | undefined;
}

/**
 * Statements whose rows look alike each time, or which the server refuses to run once more (0A000). Of others, as `fetch` and
 * `execute`, it says nothing when what their names stand for has become something else.
 */
const hasFixedRows =
  /^[\s(]*(?:select|insert|update|delete|with|values|merge|begin|commit|rollback|savepoint|release)\b/i;

/** What is sent. */
export interface DriverStatement {
  readonly text: string;
  readonly values: readonly EncodedValue[];
  readonly rowMode: 'array' | undefined;
  readonly prepared: PreparedStatement | undefined;
  /** Begins a transaction in which this is the first statement; the server knows it already. */
  readonly beginning: PreparedStatement | undefined;
}

/** What a connection of `pg` is to whoever sends something by it. */
export interface DriverConnection {
  readonly parsedStatements: Record<string, string>;
  readonly stream: {
    readonly bytesRead: number;
    readonly writable: boolean;
    write(bytes: Uint8Array): void;
    destroy(): void;
  };
  close(message: { readonly type: 'S'; readonly name: string }): void;
  sync(): void;
  sendCopyFail(reason: string): void;
}

/** Hears how it ended. */
export type DriverCallback = (error: unknown, result: StatementResult | undefined, hasBegun: boolean) => void;

type Row = Record<string, unknown>;

/** What there is to know of rows before they come. */
class RowShape {
  readonly #names: readonly string[];
  readonly #parsers: readonly ColumnParser[];
  /** Each row is a copy: all of them have one hidden class. A column may be called `__proto__`. */
  readonly #empty: Row;

  constructor(fields: readonly { readonly name: string; readonly dataTypeID: number }[]) {
    this.#names = fields.map(({ name }) => name);
    this.#parsers = fields.map(({ dataTypeID }) => columnParsers.get(dataTypeID) ?? String);
    const empty: Row = Object.create(null);
    for (const name of this.#names) empty[name] = null;
    this.#empty = { ...empty };
  }

  toObject(texts: readonly (string | null)[]): Row {
    const row = { ...this.#empty };
    for (let index = 0; index < texts.length; index++) {
      const text = texts[index]!;
      // A name may stand twice: the last one counts, also when it is null.
      row[this.#names[index]!] = text === null ? null : this.#parsers[index]!(text);
    }
    return row;
  }

  toArray(texts: readonly (string | null)[]): unknown[] {
    return texts.map((text, index) => (text === null ? null : this.#parsers[index]!(text)));
  }
}

const noRows = new RowShape([]);

export class DriverQuery {
  /** Both are read by `pg`, which notes by them that the server has parsed it. */
  readonly name: string | undefined;
  readonly text: string;
  readonly #statement: DriverStatement;
  readonly #callback: DriverCallback;
  #shape: RowShape | undefined;
  readonly #rows: Row[] = [];
  #tag = '';
  /** Ours, as a value that could not be read: the rest is heard out, since the connection goes on after it. */
  #failure: { readonly error: unknown } | undefined;
  #hasBegun: boolean;
  #isOver = false;

  constructor(statement: DriverStatement, callback: DriverCallback) {
    this.name = statement.prepared?.name;
    this.text = statement.text;
    this.#statement = statement;
    this.#callback = callback;
    this.#shape = statement.prepared?.rows;
    this.#hasBegun = statement.beginning === undefined;
  }

  submit({ parsedStatements, stream }: DriverConnection): null {
    const { prepared, beginning, text, values } = this.#statement;
    const isKnown = prepared !== undefined && parsedStatements[prepared.name] !== undefined;
    const messages = encodeMessages({
      before: beginning?.name,
      name: prepared?.name ?? '',
      text: isKnown ? undefined : text,
      values,
      isDescribed: this.#shape === undefined,
    });
    // Of one that has broken `pg` tells by `handleError`.
    if (stream.writable) stream.write(messages);
    return null;
  }

  handleRowDescription({ fields }: { readonly fields: ConstructorParameters<typeof RowShape>[0] }): void {
    this.#shape = new RowShape(fields);
  }

  handleDataRow({ fields }: { readonly fields: readonly (string | null)[] }): void {
    if (this.#failure !== undefined) return;
    const shape = this.#shape ?? noRows;
    try {
      const { rowMode } = this.#statement;
      this.#rows.push(rowMode === 'array' ? (shape.toArray(fields) as unknown as Row) : shape.toObject(fields));
    } catch (error) {
      this.#failure = { error };
    }
  }

  handleCommandComplete({ text }: { readonly text: string }): void {
    if (this.#hasBegun) this.#tag = text;
    else this.#hasBegun = true;
  }

  handleReadyForQuery(): void {
    if (this.#failure !== undefined) {
      this.handleError(this.#failure.error);
      return;
    }
    const { prepared } = this.#statement;
    if (prepared !== undefined && prepared.rows === undefined && hasFixedRows.test(this.text)) {
      prepared.rows = this.#shape ?? noRows;
    }
    this.#end(undefined, { rows: this.#rows, ...readTag(this.#tag) });
  }

  handleError(error: unknown): void {
    this.#end(this.#failure === undefined ? error : this.#failure.error, undefined);
  }

  /** Nothing is asked for a part of its rows. */
  handlePortalSuspended(): void {}

  /** A statement without a command: nothing ran, and nothing is said of it. */
  handleEmptyQuery(): void {}

  handleCopyInResponse(connection: DriverConnection): void {
    this.#failure = { error: new TypeError('A statement has nothing to copy from: insert the rows') };
    connection.sendCopyFail('Nothing was given to copy');
    // The one sent before was part of what the server took for the copy.
    connection.sync();
  }

  /** What `copy … to stdout` gives is nowhere to be put. */
  handleCopyData(): void {}

  /** A connection that breaks after its answer tells so once more. */
  #end(error: unknown, result: StatementResult | undefined): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#callback(error, result, this.#hasBegun);
  }
}

/** `INSERT 0 3`, `UPDATE 3`, `CREATE TABLE`: the first word, and the count at the end, where there is one. */
function readTag(tag: string): { readonly command: string; readonly rowCount: number } {
  const end = tag.indexOf(' ');
  if (end < 0) return { command: tag, rowCount: 0 };
  const rowCount = Number(tag.slice(tag.lastIndexOf(' ') + 1));
  return { command: tag.slice(0, end), rowCount: Number.isNaN(rowCount) ? 0 : rowCount };
}
