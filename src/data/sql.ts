/**
 * SQL as text and values that never meet: what stands in `${…}` goes to the server beside the text, as `$1`, `$2` …
 * The only ways into the text are other pieces of SQL, identifiers (escaped) and `sql.unsafe`.
 */
import type { OutputOf, Schema } from '../types/schema.ts';

/** What the protocol's 16-bit count of parameters holds. */
const maxValues = 65_535;

/**
 * A piece of SQL with its values, made by {@link sql}. Whole statements run; pieces go into other pieces.
 *
 * `Row` is the type of its rows: as claimed by the tag `sql` with a type argument, or as checked by the tag of `sql.type(schema)`.
 */
export class Sql<out Row = Record<string, unknown>> {
  /** The text around the values: always one more than there are values. */
  readonly strings: readonly string[];
  /** What `$1`, `$2` … stand for. */
  readonly values: readonly unknown[];
  /** Rows are objects, unless another library wants arrays. */
  readonly rowMode: 'array' | undefined;
  /** What each row has to fit, and is transformed by. */
  readonly schema: Schema<any, Row> | undefined;

  constructor(strings: readonly string[], values: readonly unknown[], schema?: Schema<any, Row>) {
    this.strings = strings;
    this.values = values;
    this.schema = schema;
  }

  /** The same statement, its rows unchecked: for whoever hands it on, lest they be checked, and transformed, twice. */
  get bare(): Sql {
    return this.schema === undefined ? (this as Sql<any>) : new Sql(this.strings, this.values);
  }

  /** What the server gets: the text with `$1`, `$2` … in it. */
  get text(): string {
    const known = texts.get(this.strings);
    if (known !== undefined) return known;
    let text = this.strings[0] ?? '';
    for (let index = 1; index < this.strings.length; index++) text += `$${index}${this.strings[index]}`;
    checkText(text);
    texts.set(this.strings, text);
    return text;
  }
}

/** A statement whose text has its `$1`, `$2` … already: written by another library. */
export class CompiledSql extends Sql {
  readonly #text: string;
  /** Rows as arrays, where names may stand twice. */
  override readonly rowMode: 'array' | undefined;

  constructor(text: string, values: readonly unknown[], rowMode?: 'array') {
    super([text], values);
    checkText(text);
    this.#text = text;
    this.rowMode = rowMode;
    values.forEach((value, index) => checkValue(value, index, [text]));
  }

  override get text(): string {
    return this.#text;
  }
}

/** @throws TypeError for text that the protocol, which ends it with a zero, would cut off. */
function checkText(text: string): void {
  if (text.includes('\0')) throw new TypeError('The text of a statement has a zero character in it');
}

/** By the strings of a template, which are the same object each time it runs: its text is put together once. */
const texts = new WeakMap<readonly string[], string>();

/** A template tag whose rows have the type `Row`. */
export interface TypedSqlTag<Row> {
  (strings: TemplateStringsArray, ...values: readonly unknown[]): Sql<Row>;
}

/** Makes {@link Sql} of a template. */
export function fromTemplate<Row>(
  strings: TemplateStringsArray,
  values: readonly unknown[],
  schema?: Schema,
): Sql<Row> {
  if (!Array.isArray(strings) || !Array.isArray(strings.raw)) {
    throw new TypeError(
      'sql is a template tag: write sql`select …`, not sql(…). For text of your own: sql.unsafe(text)',
    );
  }
  return toSql(strings, values, schema);
}

/** Puts pieces and values together; `strings` has one more entry than `values`. */
export function toSql<Row>(strings: readonly string[], values: readonly unknown[], schema?: Schema): Sql<Row> {
  let isFlat = true;
  for (let index = 0; index < values.length; index++) {
    const value = values[index];
    if (value instanceof Sql) isFlat = false;
    else checkValue(value, index, strings);
  }
  const piece = isFlat ? new Sql<Row>(strings, values, schema) : flatten<Row>(strings, values, schema);
  if (piece.values.length > maxValues) {
    throw new RangeError(
      `A statement takes ${maxValues} values at most, not ${piece.values.length}: ` +
        'bind whole columns as arrays (select * from unnest($1::int[], $2::text[])), or send it in parts',
    );
  }
  return piece;
}

function flatten<Row>(strings: readonly string[], values: readonly unknown[], schema?: Schema): Sql<Row> {
  const flatStrings = [strings[0] ?? ''];
  const flatValues: unknown[] = [];
  values.forEach((value, index) => {
    const after = strings[index + 1] ?? '';
    if (value instanceof Sql) {
      flatStrings[flatStrings.length - 1] += value.strings[0] ?? '';
      for (const text of value.strings.slice(1)) flatStrings.push(text);
      for (const inner of value.values) flatValues.push(inner);
      flatStrings[flatStrings.length - 1] += after;
    } else {
      flatValues.push(value);
      flatStrings.push(after);
    }
  });
  return new Sql<Row>(flatStrings, flatValues, schema);
}

function checkValue(value: unknown, index: number, strings: readonly string[]): void {
  const where = (): string =>
    `value ${index + 1} of a statement, after ${JSON.stringify((strings[index] ?? '').slice(-60))},`;
  if (value === undefined) throw new TypeError(`sql: ${where()} is undefined. For NULL write null`);
  if (typeof value === 'function' || typeof value === 'symbol') {
    throw new TypeError(`sql: ${where()} is a ${typeof value}, which no column holds`);
  }
  if (typeof value === 'object' && value !== null && 'then' in value && typeof value.then === 'function') {
    throw new TypeError(`sql: ${where()} is a promise: await it first`);
  }
}

/** The tag that binds rows to a schema. */
export function typedTag<S extends Schema>(schema: S): TypedSqlTag<OutputOf<S>> {
  if (typeof schema?.['~standard']?.validate !== 'function') {
    throw new TypeError('sql.type(schema) takes a Standard Schema: one of zod 4, valibot, arktype …');
  }
  return (strings, ...values) => fromTemplate<OutputOf<S>>(strings, values, schema);
}
