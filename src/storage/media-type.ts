/** Media types of files: the rule for those that are given, and a guess by the ending where none is kept. */
import { parseMediaType } from '../internal/media-type.ts';
import { StorageError } from './storage-error.ts';

/** What bytes are when nobody knows better (RFC 2046 §4.5.1). */
const unknownType = 'application/octet-stream';

const byEnding: ReadonlyMap<string, string> = new Map([
  ['avif', 'image/avif'],
  ['bmp', 'image/bmp'],
  ['bin', unknownType],
  ['css', 'text/css'],
  ['csv', 'text/csv'],
  ['doc', 'application/msword'],
  ['docx', 'application/vnd.openxmlformats-officedocument.wordprocessingml.document'],
  ['epub', 'application/epub+zip'],
  ['gif', 'image/gif'],
  ['gz', 'application/gzip'],
  ['heic', 'image/heic'],
  ['htm', 'text/html'],
  ['html', 'text/html'],
  ['ico', 'image/vnd.microsoft.icon'],
  ['ics', 'text/calendar'],
  ['jpeg', 'image/jpeg'],
  ['jpg', 'image/jpeg'],
  ['js', 'text/javascript'],
  ['json', 'application/json'],
  ['md', 'text/markdown'],
  ['mjs', 'text/javascript'],
  ['mov', 'video/quicktime'],
  ['mp3', 'audio/mpeg'],
  ['mp4', 'video/mp4'],
  ['odt', 'application/vnd.oasis.opendocument.text'],
  ['ogg', 'audio/ogg'],
  ['otf', 'font/otf'],
  ['pdf', 'application/pdf'],
  ['png', 'image/png'],
  ['pptx', 'application/vnd.openxmlformats-officedocument.presentationml.presentation'],
  ['rtf', 'application/rtf'],
  ['svg', 'image/svg+xml'],
  ['tar', 'application/x-tar'],
  ['tif', 'image/tiff'],
  ['tiff', 'image/tiff'],
  ['ttf', 'font/ttf'],
  ['txt', 'text/plain'],
  ['wasm', 'application/wasm'],
  ['wav', 'audio/wav'],
  ['weba', 'audio/webm'],
  ['webm', 'video/webm'],
  ['webp', 'image/webp'],
  ['woff', 'font/woff'],
  ['woff2', 'font/woff2'],
  ['xls', 'application/vnd.ms-excel'],
  ['xlsx', 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet'],
  ['xml', 'application/xml'],
  ['zip', 'application/zip'],
  ['zst', 'application/zstd'],
]);

/** The media type a key's ending stands for; `application/octet-stream` for one that is not known. */
export function typeOfKey(key: string): string {
  return byEnding.get(key.slice(key.lastIndexOf('.') + 1).toLowerCase()) ?? unknownType;
}

/** The type to save a file under; an empty one, as browsers give for files they do not know, is unknown. */
export function toType(type: string): string {
  if (typeof type !== 'string') throw new TypeError(`A file's type must be a string, not ${typeof type}`);
  if (type === '') return unknownType;
  if (type.length <= 255 && parseMediaType(type) !== undefined) return type;
  throw new StorageError('INVALID_TYPE', `${JSON.stringify(type.slice(0, 100))} is no media type`);
}
