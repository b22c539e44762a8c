/**
 * Server-sent events as the wire has them (HTML, 9.2.5).
 * In: the parts of an event. Out: its lines, with a blank one behind them. Nothing in a part can begin a line of its own.
 */
import { CovetError } from '../error.ts';

/** The parts of an event, its data as text already. */
export interface EventParts {
  readonly data: string | undefined;
  readonly event?: unknown;
  readonly id?: unknown;
  readonly retry?: unknown;
  readonly comment?: unknown;
}

/** A line ends with any of these (HTML, 9.2.5), whatever an event's author took for an end. */
const LINE_END = /\r\n|\r|\n/;

/** A comment that says nothing: it keeps the connection in use. */
export const HEARTBEAT = ':\n\n';

/** Longest time that every client can count. */
const MAX_RETRY = 2 ** 31 - 1;

/** @throws CovetError for a part that cannot be sent, naming it. */
export function toEventText({ data, event, id, retry, comment }: EventParts): string {
  let text = '';
  if (comment !== undefined) text += toLines('', checkText(comment, 'comment'));
  if (event !== undefined) text += `event: ${checkName(event)}\n`;
  if (id !== undefined) text += `id: ${checkId(id)}\n`;
  if (retry !== undefined) text += `retry: ${checkRetry(retry)}\n`;
  if (data !== undefined) text += toLines('data', data);
  if (text === '') throw new CovetError('An event has data, or at least an id, a retry or a comment');
  return `${text}\n`;
}

function toLines(field: string, text: string): string {
  // Most texts are one line: JSON always is.
  if (!LINE_END.test(text)) return `${field}: ${text}\n`;
  return text
    .split(LINE_END)
    .map((line) => `${field}: ${line}\n`)
    .join('');
}

/** @throws CovetError for what cannot be the name of an event. */
export function checkName(name: unknown): string {
  const text = checkText(name, 'name');
  if (/[\r\n\0]/.test(text)) throw new CovetError("An event's name has no line break and no NUL");
  if (text === '') throw new CovetError("An event's name is not empty: leave it out for a 'message'");
  return text;
}

/** It comes back in a header, which has no control characters and loses spaces at its ends. */
function checkId(id: unknown): string {
  if (typeof id === 'number' && !Number.isFinite(id)) throw new CovetError(`An event's id is not ${id}`);
  const text = checkText(typeof id === 'number' ? String(id) : id, 'id');
  if (/\p{Cc}/u.test(text)) {
    throw new CovetError("An event's id has no control character, such as a line break: it comes back in a header");
  }
  if (/^ | $/.test(text))
    throw new CovetError("An event's id has no space at its ends: it would be lost on the way back");
  if (/\p{Cs}/u.test(text)) throw new CovetError("An event's id has no lone surrogate: it must come back the same");
  return text;
}

function checkRetry(retry: unknown): number {
  if (Number.isInteger(retry) && (retry as number) >= 0 && (retry as number) <= MAX_RETRY) return retry as number;
  throw new CovetError(`An event's retry is a whole number of milliseconds up to 2^31 - 1, not ${String(retry)}`);
}

function checkText(value: unknown, what: string): string {
  if (typeof value === 'string') return value;
  throw new CovetError(
    `An event's ${what} is text, not ${value === null ? 'null' : `a value of type ${typeof value}`}`,
  );
}
