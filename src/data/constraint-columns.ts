/**
 * The columns of a violated constraint, out of the error itself: to ask the catalogue would take another connection, which
 * a pool that is used up, or PGlite, does not have.
 */

/** What is read of a server's error. */
export interface Violation {
  readonly code: string;
  readonly detail: string | undefined;
  readonly table: string | undefined;
  readonly column: string | undefined;
  readonly constraint: string | undefined;
}

/** The columns, or none when the error does not tell. */
export function columnsOf(violation: Violation): string[] {
  if (violation.column !== undefined) return [violation.column];
  if (violation.code === '23514') return columnOfCheck(violation);
  // `Key (tenant, lower(email))=(1, a@b.c) already exists.` The words are translated, the brackets are not.
  const start = violation.detail?.indexOf('(') ?? -1;
  const end = violation.detail?.indexOf(')=(') ?? -1;
  if (start < 0 || end < start) return [];
  const columns = splitList(violation.detail!.slice(start + 1, end)).map(columnOf);
  return columns.every((column) => column !== undefined) ? columns : [];
}

/** PostgreSQL names a column's check `{table}_{column}_check`; the error has the name alone. */
function columnOfCheck({ table, constraint }: Violation): string[] {
  if (table === undefined || constraint === undefined) return [];
  const prefix = `${table}_`;
  if (!constraint.startsWith(prefix)) return [];
  const column = /^(.+)_check\d*$/.exec(constraint.slice(prefix.length))?.[1];
  return column === undefined ? [] : [column];
}

/** At the commas outside of brackets and quotes. */
function splitList(list: string): string[] {
  const parts: string[] = [];
  let depth = 0;
  let isQuoted = false;
  let start = 0;
  for (let index = 0; index < list.length; index++) {
    const char = list[index];
    if (char === '"') isQuoted = !isQuoted;
    else if (isQuoted) continue;
    else if (char === '(') depth++;
    else if (char === ')') depth--;
    else if (char === ',' && depth === 0) {
      parts.push(list.slice(start, index));
      start = index + 1;
    }
  }
  return [...parts, list.slice(start)].map((part) => part.trim());
}

/** `email`, `"E-mail"`, and the one column of an expression: `lower(email::text)`. */
function columnOf(key: string): string | undefined {
  if (/^"(?:[^"]|"")+"$/.test(key)) return key.slice(1, -1).replaceAll('""', '"');
  if (/^[\p{L}_][\p{L}\p{N}_$]*$/u.test(key)) return key;
  const names = [
    ...key.replaceAll(/::[\p{L}\w ]+/gu, '').matchAll(/[\p{L}_][\p{L}\p{N}_$]*(?!\s*\(|[\p{L}\p{N}_$])/gu),
  ];
  return names.length === 1 ? names[0]![0] : undefined;
}
