/** A name from outside goes in, a key that is safe in every storage comes out; and the rule every key is held to. */
import { randomBytes } from 'node:crypto';

import type { SaveOptions } from '../types/file-storage.ts';
import { StorageError } from './storage-error.ts';

/** Bytes of a key: what S3 allows. */
const maxKeyBytes = 1024;
/** Bytes of a segment: what the usual file systems allow. */
const maxSegmentBytes = 255;
/** Bytes kept of a name, so that with what stands before it a segment stays far below its limit. */
const maxNameBytes = 80;

// Control characters, halves of surrogate pairs, and what Windows does not allow in a name.
const forbidden = /[\p{Cc}\p{Cs}\\:*?"<>|]/u;
// Devices of Windows, with any ending.
const device = /^(?:con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³])(?:\.|$)/i;

/** Throws `INVALID_KEY` unless the key means the same file, and no other, in every storage. */
export function checkKey(key: string): void {
  if (typeof key !== 'string') throw new TypeError(`A file's key must be a string, not ${typeof key}`);
  const fault = faultOf(key);
  if (fault !== undefined) throw new StorageError('INVALID_KEY', `${quoted(key)} is no key of a file: ${fault}`);
}

function faultOf(key: string): string | undefined {
  if (key === '') return 'it is empty';
  if (Buffer.byteLength(key) > maxKeyBytes) return `it is longer than ${maxKeyBytes} bytes`;
  if (forbidden.test(key)) return 'it has a control character, half a character or one of \\ : * ? " < > |';
  for (const segment of key.split('/')) {
    if (segment === '') return 'it has an empty segment';
    if (segment.startsWith('.')) return 'a segment begins with a dot';
    if (segment.endsWith('.') || segment.endsWith(' ')) return 'a segment ends with a dot or a space';
    if (Buffer.byteLength(segment) > maxSegmentBytes) return `a segment is longer than ${maxSegmentBytes} bytes`;
    if (device.test(segment)) return 'a segment is a device of Windows';
  }
  return undefined;
}

/** A key for a message: quoted, and cut, since it may be anything. */
export function quoted(key: string): string {
  return JSON.stringify(key.length > 100 ? `${key.slice(0, 100)}…` : key);
}

/**
 * The key a file is saved under: `options.key`, or one of its own, of 128 random bits and the name.
 *
 * @throws TypeError for options that contradict each other.
 */
export function toKey(name: string, options: SaveOptions): string {
  const { key, folder, overwrite } = options;
  if (typeof name !== 'string') throw new TypeError(`A file's name must be a string, not ${typeof name}`);
  if (key !== undefined) {
    if (folder !== undefined) throw new TypeError('`folder` and `key` exclude each other: put the folder into the key');
    checkKey(key);
    return key;
  }
  if (overwrite !== undefined) throw new TypeError('`overwrite` needs `key`: a key that is made meets no other');
  // Hexadecimal, for file systems that do not tell `a` from `A`.
  const made = `${folder === undefined ? '' : `${folder}/`}${randomBytes(16).toString('hex')}-${toFileName(name)}`;
  checkKey(made);
  return made;
}

/**
 * What is left of a client's file name: the part behind its last slash or backslash, of letters, marks, digits, dots,
 * dashes and underscores, at most 80 bytes with its ending; `file` when nothing is.
 *
 * @example
 * ```ts
 * import { toFileName } from './file-key.ts';
 *
 * console.log(toFileName('C:\\fakepath\\my résumé (1).PDF')); // my-résumé-1.PDF
 * console.log(toFileName('../../.bashrc')); // bashrc
 * ```
 */
export function toFileName(name: string): string {
  const last = name.slice(Math.max(name.lastIndexOf('/'), name.lastIndexOf('\\')) + 1).normalize('NFC');
  const clean = trimmed(
    last.replaceAll(/[^\p{L}\p{M}\p{N}._-]+/gu, '-').replaceAll(/([.-])[.-]+/g, (run) => separatorOf(run)),
  );
  const ending = /\.[A-Za-z0-9]{1,16}$/.exec(clean)?.[0] ?? '';
  const stem = trimmed(cut(clean.slice(0, clean.length - ending.length), maxNameBytes - ending.length));
  return `${stem === '' ? 'file' : stem}${ending}`;
}

/** One of several dots and dashes: the dot, if it is the last, begins the ending. */
function separatorOf(run: string): string {
  return run.endsWith('.') ? '.' : '-';
}

function trimmed(name: string): string {
  return name.replaceAll(/^[.-]+|[.-]+$/g, '');
}

/** The first bytes of a text, no character halved. */
function cut(text: string, bytes: number): string {
  if (Buffer.byteLength(text) <= bytes) return text;
  let size = 0;
  let kept = '';
  for (const character of text) {
    size += Buffer.byteLength(character);
    if (size > bytes) break;
    kept += character;
  }
  return kept;
}
