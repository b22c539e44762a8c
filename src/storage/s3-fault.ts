/** An answer of S3 that is no success goes in; the error to throw comes out, and whether another try can help. */
import { StorageError } from './storage-error.ts';
import type { StorageErrorCode } from './storage-error.ts';

/** What went wrong with one try of a request. */
export interface S3Fault {
  /** S3's own name for it, such as `NoSuchKey`; empty when it gave none. */
  readonly name: string;
  readonly isTransient: boolean;
  readonly code: StorageErrorCode;
  readonly message: string;
  readonly cause?: unknown;
}

/** A fault that another try cannot mend, or could not. */
export class S3Error extends StorageError {
  /** S3's own name for it. */
  readonly fault: string;
  /** How many tries there were. More than one: an earlier one may have been carried out, and its answer lost. */
  readonly tries: number;

  constructor(fault: S3Fault, tries: number) {
    super(fault.code, fault.message, 'cause' in fault ? { cause: fault.cause } : {});
    this.fault = fault.name;
    this.tries = tries;
  }
}

const codes: Readonly<Record<string, StorageErrorCode>> = {
  NoSuchKey: 'NOT_FOUND',
  PreconditionFailed: 'EXISTS',
  ConditionalRequestConflict: 'EXISTS',
  EntityTooLarge: 'TOO_LARGE',
  KeyTooLongError: 'INVALID_KEY',
};

// S3 sends some of these with a status of 400.
const transientNames: ReadonlySet<string> = new Set([
  'InternalError',
  'OperationAborted',
  'RequestTimeout',
  'ServiceUnavailable',
  'SlowDown',
  'ThrottlingException',
  'TooManyRequests',
]);
const transientStatuses: ReadonlySet<number> = new Set([408, 429, 500, 502, 503, 504]);

/** The fault of an answer: its status and its body, XML or nothing. */
export function faultOfAnswer(what: string, status: number, body: string): S3Fault {
  const name = textOf(body, 'Code') ?? '';
  const isTransient = transientNames.has(name) || (name in codes ? false : transientStatuses.has(status));
  const said = [String(status), name, textOf(body, 'Message')].filter(Boolean).join(' ');
  const code = codes[name] ?? codeOfStatus(status, name, isTransient);
  return { name, isTransient, code, message: `S3 answered ${what} with ${said}` };
}

/** The fault of a request that had no answer: no connection, one that broke, or none in time. */
export function faultOfSilence(what: string, cause: unknown): S3Fault {
  return { name: '', isTransient: true, code: 'UNAVAILABLE', message: `S3 did not answer ${what}`, cause };
}

function codeOfStatus(status: number, name: string, isTransient: boolean): StorageErrorCode {
  if (isTransient) return 'UNAVAILABLE';
  // The answer to HEAD has no body and so no name.
  if (status === 404 && name === '') return 'NOT_FOUND';
  if (status === 412) return 'EXISTS';
  return status === 413 ? 'TOO_LARGE' : 'REFUSED';
}

/** The text of the first element of this name. S3's answers are flat, and these names occur once where they are read. */
export function textOf(xml: string, element: string): string | undefined {
  const text = new RegExp(`<${element}>([^<]*)</${element}>`).exec(xml)?.[1];
  return text?.replaceAll(/&(?:#(\d+)|#x([0-9a-f]+)|(\w+));/gi, (whole, decimal, hex, name) => {
    const point = decimal === undefined ? Number.parseInt(hex ?? '', 16) : Number(decimal);
    if (point <= 0x10_ffff) return String.fromCodePoint(point);
    return entities[name] ?? whole;
  });
}

/** A text as the content of an element. */
export function toXmlText(text: string): string {
  return text.replaceAll(/[&<>]/g, (character) => `&#${character.charCodeAt(0)};`);
}

const entities: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" };
