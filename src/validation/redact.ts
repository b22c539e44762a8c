/**
 * A refused value goes in, what may be shown of it comes out.
 * Nothing a person would not read aloud: values are hidden by the names on the way to them, and long ones are cut.
 */
import { toScalarText } from '../internal/scalar-text.ts';

/** Longest text shown of a refused value or a library's message, in UTF-16 code units. */
export const shownLength = 200;

const hidden = '[redacted]';

// Names as they are written in practice: password, user_password, passwd, apiKey, api-key, card_number, x-auth-token.
const sensitive =
  /pass(?:word|wd|phrase|code)|pwd|secret|token|auth|cookie|credential|api[-_ ]?key|private[-_ ]?key|session|card|cvv|cvc|\bpin\b|^pin|[-_]pin|ssn|iban|account[-_ ]?number/i;

/** Whether the value under `name` must not be shown. */
export function isSensitiveName(name: string): boolean {
  return sensitive.test(name);
}

/** The refused value as the client may see it: primitives as they are, anything larger as cut JSON text. */
export function toShownValue(value: unknown): unknown {
  if (value === null || typeof value === 'boolean' || typeof value === 'undefined') return value;
  if (typeof value === 'number') return Number.isFinite(value) ? value : String(value);
  if (typeof value === 'string') return cut(value);
  const text = toScalarText(value);
  if (text !== undefined) return cut(text);
  try {
    return cut(JSON.stringify(value, hideSensitive) ?? '');
  } catch {
    // A circle or a bigint: only a schema's own transform can have put it there.
    return '[unprintable]';
  }
}

/** What stands in for the value under a sensitive name. */
export function toHiddenValue(): string {
  return hidden;
}

/** Shortens a text to {@link shownLength}, marking that it did. */
export function cut(text: string): string {
  return text.length > shownLength ? text.slice(0, shownLength) + '…' : text;
}

/**
 * A library's message without the value it refused: arktype and valibot quote it, and the message is always sent.
 */
export function withoutValue(message: string, value: unknown): string {
  const text = typeof value === 'string' ? value : typeof value === 'number' ? String(value) : '';
  return text !== '' && message.includes(text) ? 'Invalid value' : cut(message);
}

function hideSensitive(name: string, value: unknown): unknown {
  return name !== '' && isSensitiveName(name) ? hidden : value;
}
