/**
 * Header blocks, as they lie in a slot: a line feed, then `name:value` and a line feed for each field.
 * In: a text that ends in such a block, and where that begins. Out: one field or all, the lines of one name joined.
 */
import { Fields } from './fields.ts';

/** `\nname:` by name. Bounded: names come from code, but a program may make them up at run time. */
const needles = new Map<string, string>();
const NEEDLES = 1000;

function needleOf(name: string): string {
  let needle = needles.get(name);
  if (needle === undefined) {
    needle = `\n${name.toLowerCase()}:`;
    if (needles.size < NEEDLES) needles.set(name, needle);
  }
  return needle;
}

/** What stands between the values of two lines of one name (RFC 9110, 5.3; RFC 6265, 5.4 for cookies). */
const separatorOf = (name: string): string => (name === 'cookie' ? '; ' : ', ');

/** The value of a field, whatever the case of `name`; several lines of it joined. */
export function findHeader(block: string, name: string, from: number = 0): string | undefined {
  const needle = needleOf(name);
  const at = block.indexOf(needle, from);
  if (at === -1) return undefined;
  let end = block.indexOf('\n', at + needle.length);
  let value = block.slice(at + needle.length, end);
  for (let next = block.indexOf(needle, end); next !== -1; next = block.indexOf(needle, end)) {
    end = block.indexOf('\n', next + needle.length);
    value += separatorOf(needle.slice(1, -1)) + block.slice(next + needle.length, end);
  }
  return value;
}

/** All fields under their lower-case names, on an object without prototype. */
export function toHeaderFields(block: string, from: number = 0): Record<string, string> {
  const fields = new Fields<string>();
  eachField(block, from, (name, value) => {
    const before = fields[name];
    fields[name] = before === undefined ? value : before + separatorOf(name) + value;
  });
  return fields;
}

/** All fields as the standard `Headers`. */
export function toWebHeaders(block: string, from: number = 0): Headers {
  const headers = new Headers();
  eachField(block, from, (name, value) => headers.append(name, value));
  return headers;
}

function eachField(block: string, from: number, take: (name: string, value: string) => void): void {
  for (let start = from + 1; start < block.length;) {
    const colon = block.indexOf(':', start);
    const end = block.indexOf('\n', colon);
    take(block.slice(start, colon), block.slice(colon + 1, end));
    start = end + 1;
  }
}
