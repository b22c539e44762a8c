/** What can be done with a file's bytes, wherever they come from. */
import { CovetError } from '../error.ts';
import type { FileStorage, SaveOptions } from '../types/file-storage.ts';

const utf8 = new TextDecoder('utf-8', { fatal: true });

/** The bytes as text. */
export function toText(bytes: Uint8Array): string {
  try {
    return utf8.decode(bytes);
  } catch (cause) {
    throw new CovetError('The file is not valid UTF-8', {
      status: 400,
      code: 'BAD_REQUEST',
      category: 'validation',
      cause,
    });
  }
}

/** Saves a file. */
export function save(
  storage: FileStorage,
  file: { readonly filename: string; readonly type: string; stream(): ReadableStream<Uint8Array> },
  options: SaveOptions | undefined,
): Promise<string> {
  return storage.save(file.stream(), file.filename, file.type, options);
}
