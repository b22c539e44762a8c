/**
 * One statement as `pg` sends and hears a query that is not its own, by the interface that its cursors use, too: in one packet,
 * with the beginning of a transaction where it is the first, and without the questions whose answers are known.
 */
import { encodeMessages } from './driver-messages.ts';
import type { EncodedValue } from './encode-value.ts';
import type { StatementResult } from './engine.ts';
import { columnParsers, type ColumnParser } from './parse-column.ts';

/** A statement that the server keeps under a name. */
export interface PreparedStatement {
  readonly name: string;
  /**
   * What its rows looked like the last time. They are described each time all the same: behind a pooler it may be another server
   * that runs it, which has made its plan since a table changed.
   */
  shape: RowShape | undefined;
  /** It has no rows, whatever becomes of its tables: by its text alone. */
  isRowless: boolean;
}

/** A statement that was given a name, and has not run by that yet. */
export function newPrepared(name: string): PreparedStatement {
  return { name, shape: undefined, isRowless: false };
}

/** Statements that say by their text whether they have rows. Of `execute` and `fetch` something else decides. */
const saysWhetherRows = /^\s*(?:insert|update|delete|merge|begin|commit|rollback|savepoint|release)\b/i;

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
}

/** Hears how it ended: with a result, or an error. */
export type DriverCallback = (error: unknown, result: StatementResult | undefined) => void;

type Row = Record<string, unknown>;

/** A column as the server tells of it. */
interface Field {
  readonly name: string;
  readonly dataTypeID: number;
}

/** What there is to know of rows before they come. */
class RowShape {
  readonly #fields: readonly Field[];
  readonly #parsers: readonly ColumnParser[];
  /** Each row is a copy: all of them have one hidden class. A column may be called `__proto__`. */
  readonly #empty: Row;

  constructor(fields: readonly Field[]) {
    this.#fields = fields;
    this.#parsers = fields.map(({ dataTypeID }) => columnParsers.get(dataTypeID) ?? String);
    const empty: Row = Object.create(null);
    for (const { name } of fields) empty[name] = null;
    this.#empty = { ...empty };
  }

  isOf(fields: readonly Field[]): boolean {
    return (
      fields.length === this.#fields.length &&
      fields.every(({ name, dataTypeID }, index) => {
        const own = this.#fields[index]!;
        return own.name === name && own.dataTypeID === dataTypeID;
      })
    );
  }

  toObject(texts: readonly (string | null)[]): Row {
    const row = { ...this.#empty };
    for (let index = 0; index < texts.length; index++) {
      const text = texts[index]!;
      // A name may stand twice: the last one counts, also when it is null.
      row[this.#fields[index]!.name] = text === null ? null : this.#parsers[index]!(text);
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
  /** Where `pg`, or who watches it, puts a function of its own around it. */
  callback: DriverCallback;
  readonly #statement: DriverStatement;
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
    this.callback = callback;
    this.#statement = statement;
    this.#hasBegun = statement.beginning === undefined;
  }

  /** Whether the transaction that it begins has begun; true where it begins none. */
  get hasBegun(): boolean {
    return this.#hasBegun;
  }

  /** Gives what makes it impossible to send, which `pg` then tells by `handleError`. */
  submit({ parsedStatements, stream }: DriverConnection): Error | null {
    const { prepared, beginning, text, values } = this.#statement;
    const isKnown = prepared !== undefined && parsedStatements[prepared.name] !== undefined;
    try {
      // One packet, and one answer: what fails in it has the server skip the rest, so nothing runs outside of the transaction.
      const messages = encodeMessages({
        before: beginning?.name,
        name: prepared?.name ?? '',
        text: isKnown ? undefined : text,
        values,
        isDescribed: prepared?.isRowless !== true,
      });
      // Of one that has broken `pg` tells by `handleError`, too.
      if (stream.writable) stream.write(messages);
      return null;
    } catch (error) {
      return error as Error;
    }
  }

  handleRowDescription({ fields }: { readonly fields: readonly Field[] }): void {
    const { prepared } = this.#statement;
    this.#shape = prepared?.shape?.isOf(fields) === true ? prepared.shape : new RowShape(fields);
    if (prepared !== undefined) prepared.shape = this.#shape;
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
    if (prepared !== undefined && this.#shape === undefined) prepared.isRowless ||= saysWhetherRows.test(this.text);
    this.#end(undefined, { rows: this.#rows, ...readTag(this.#tag) });
  }

  handleError(error: unknown): void {
    this.#end(this.#failure === undefined ? error : this.#failure.error, undefined);
  }

  /** Nothing is asked for a part of its rows. */
  handlePortalSuspended(): void {}

  /** A statement without a command: nothing ran, and nothing is said of it. */
  handleEmptyQuery(): void {}

  /**
   * There is nothing to copy. The connection goes, since nobody can tell whether the server has taken the end of our packet for
   * a part of the copy, and so whether it answers once or twice: the second answer would be taken for that of the next statement.
   */
  handleCopyInResponse({ stream }: DriverConnection): void {
    this.#failure = { error: new TypeError('A statement has nothing to copy from: insert the rows') };
    stream.destroy();
  }

  /** What `copy … to stdout` gives is nowhere to be put. */
  handleCopyData(): void {}

  /** A connection that breaks after its answer tells so once more. */
  #end(error: unknown, result: StatementResult | undefined): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.callback(error, result);
  }
}

/** `INSERT 0 3`, `UPDATE 3`, `CREATE TABLE`: the first word, and the count at the end, where there is one. */
function readTag(tag: string): { readonly command: string; readonly rowCount: number } {
  const end = tag.indexOf(' ');
  if (end < 0) return { command: tag, rowCount: 0 };
  const rowCount = Number(tag.slice(tag.lastIndexOf(' ') + 1));
  return { command: tag.slice(0, end), rowCount: Number.isNaN(rowCount) ? 0 : rowCount };
}
