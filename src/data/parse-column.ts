/** What comes out: PostgreSQL's text of each type to a value, one way for both engines. docs/data.md has the table. */

/** Makes a value of a column's text. */
export type ColumnParser = (text: string) => unknown;

const identity: ColumnParser = (text) => text;

/** Exact always: a number as long as a number holds it, a bigint beyond. */
function parseInt8(text: string): number | bigint {
  const number = Number(text);
  return Number.isSafeInteger(number) ? number : BigInt(text);
}

/** A Buffer of its own memory, as `pg` and PGlite would not both give. */
function parseBytea(text: string): Buffer {
  if (!text.startsWith('\\x')) throw new TypeError("bytea came in the format 'escape': set bytea_output to 'hex'");
  return Buffer.from(text.slice(2), 'hex');
}

const timestampSyntax = /^(\d{4}-\d\d-\d\d) (\d\d:\d\d:\d\d)(\.\d+)?([+-]\d\d(?::\d\d){0,2})?$/;

/** ISO 8601 without an offset: the column has none. */
function parseTimestamp(text: string): string {
  const match = timestampSyntax.exec(text);
  // `infinity`, years before Christ and beyond 9999 have no such form: as the server has them.
  return match === null ? text : `${match[1]}T${match[2]}${toFraction(match[3])}`;
}

/** ISO 8601 in UTC, with the microseconds a `Date` would lose. */
function parseTimestamptz(text: string): string {
  const match = timestampSyntax.exec(text);
  if (match === null) return text;
  const [, date, time, fraction, offset = '+00'] = match;
  const end = `${toFraction(fraction)}Z`;
  if (/^[+-]00(:00)*$/.test(offset)) return `${date}T${time}${end}`;
  const sign = offset.startsWith('-') ? -1 : 1;
  const [hours = 0, minutes = 0, seconds = 0] = offset.slice(1).split(':').map(Number);
  const shift = sign * (hours * 3600 + minutes * 60 + seconds) * 1000;
  const utc = new Date(Date.parse(`${date}T${time}Z`) - shift).toISOString();
  return utc.length === 24 ? `${utc.slice(0, 19)}${end}` : text;
}

/** Milliseconds always, as `toISOString` has them; microseconds where there are any. */
function toFraction(fraction = ''): string {
  return fraction.length <= 4 ? `.${fraction.slice(1).padEnd(3, '0')}` : `.${fraction.slice(1).padEnd(6, '0')}`;
}

/** Of a type: its number, that of its arrays, and its parser. From pg_type.dat, where both never change. */
const types: readonly (readonly [oid: number, arrayOid: number, parse: ColumnParser])[] = [
  [16, 1000, (text) => text === 't'], // bool
  [17, 1001, parseBytea], // bytea
  [18, 1002, identity], // "char"
  [19, 1003, identity], // name
  [20, 1016, parseInt8], // int8
  [21, 1005, Number], // int2
  [23, 1007, Number], // int4
  [25, 1009, identity], // text
  [26, 1028, Number], // oid
  [114, 199, JSON.parse], // json
  [142, 143, identity], // xml
  [650, 651, identity], // cidr
  [700, 1021, Number], // float4
  [701, 1022, Number], // float8
  [790, 791, identity], // money
  [829, 1040, identity], // macaddr
  [869, 1041, identity], // inet
  [1042, 1014, identity], // bpchar
  [1043, 1015, identity], // varchar
  [1082, 1182, identity], // date
  [1083, 1183, identity], // time
  [1114, 1115, parseTimestamp], // timestamp
  [1184, 1185, parseTimestamptz], // timestamptz
  [1186, 1187, identity], // interval
  [1266, 1270, identity], // timetz
  [1700, 1231, identity], // numeric
  [2950, 2951, identity], // uuid
  [3802, 3807, JSON.parse], // jsonb
];

/** By the number of the type. A type that is not here, one of the user's own among them, stays text. */
export const columnParsers: ReadonlyMap<number, ColumnParser> = new Map(
  types.flatMap(([oid, arrayOid, parse]): [number, ColumnParser][] => [
    [oid, parse],
    [arrayOid, (text) => parseArray(text, parse)],
  ]),
);

/** Reads an array literal (§ 8.15.6): nested, quoted, NULL as null. */
export function parseArray(text: string, parse: ColumnParser): unknown[] {
  // Bounds other than from 1 stand before it: `[0:1]={1,2}`.
  const reader = { text, at: text.startsWith('[') ? text.indexOf('=') + 1 : 0 };
  return readArray(reader, parse);
}

interface Reader {
  readonly text: string;
  at: number;
}

function readArray(reader: Reader, parse: ColumnParser): unknown[] {
  const list: unknown[] = [];
  reader.at++;
  for (;;) {
    const char = reader.text[reader.at];
    if (char === undefined) throw new TypeError('An array ends before its brace');
    if (char === '}') {
      reader.at++;
      return list;
    }
    if (char === ',') reader.at++;
    else if (char === '{') list.push(readArray(reader, parse));
    else if (char === '"') list.push(parse(readQuoted(reader)));
    else list.push(readBare(reader, parse));
  }
}

function readQuoted(reader: Reader): string {
  let value = '';
  for (reader.at++; ; reader.at++) {
    const char = reader.text[reader.at];
    if (char === undefined) throw new TypeError('An array ends within an element');
    if (char === '"') break;
    if (char === '\\') reader.at++;
    value += reader.text[reader.at] ?? '';
  }
  reader.at++;
  return value;
}

function readBare(reader: Reader, parse: ColumnParser): unknown {
  const start = reader.at;
  while (reader.at < reader.text.length && !',}'.includes(reader.text[reader.at]!)) reader.at++;
  const value = reader.text.slice(start, reader.at);
  return value === 'NULL' ? null : parse(value);
}
