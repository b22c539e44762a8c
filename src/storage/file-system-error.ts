/** What the operating system says of a file goes in, a `StorageError` comes out. */
import { quoted } from './file-key.ts';
import { StorageError } from './storage-error.ts';
import type { StorageErrorCode } from './storage-error.ts';

const codes: Readonly<Record<string, StorageErrorCode>> = {
  ENAMETOOLONG: 'INVALID_KEY',
  EFBIG: 'TOO_LARGE',
  EACCES: 'REFUSED',
  EPERM: 'REFUSED',
  EROFS: 'REFUSED',
  ELOOP: 'REFUSED',
  // The folder of the storage is no folder.
  EEXIST: 'REFUSED',
  ENOTDIR: 'REFUSED',
  EISDIR: 'REFUSED',
  // A file system that has no second names for a file.
  ENOTSUP: 'REFUSED',
  EOPNOTSUPP: 'REFUSED',
};

const messages: Readonly<Partial<Record<StorageErrorCode, string>>> = {
  INVALID_KEY: 'The path is too long for the file',
  TOO_LARGE: 'The file system takes no file as large as',
  REFUSED: 'The file system refuses the file',
};

/** What a call of the file system gives, its failure as a `StorageError`. */
export async function fromFileSystem<T>(key: string, call: Promise<T>): Promise<T> {
  try {
    return await call;
  } catch (cause) {
    const name = codeOf(cause);
    // The rest is a disk that is full, gone, slow or broken, or too many open files: it may work later.
    const code = codes[name] ?? 'UNAVAILABLE';
    const said = name === '' ? '' : ` (${name})`;
    const message = `${messages[code] ?? 'The file system failed at the file'} ${quoted(key)}${said}`;
    throw new StorageError(code, message, { cause });
  }
}

/** Whether an error says that the name is taken: by a file, by a folder, or by a file where it has a folder. */
export function isTaken(error: unknown): boolean {
  return ['EEXIST', 'ENOTDIR', 'EISDIR', 'ENOTEMPTY'].includes(codeOf(error));
}

/** Whether an error says that there is no such file, or no folder it could be in. */
export function isMissing(error: unknown): boolean {
  return ['ENOENT', 'ENOTDIR'].includes(codeOf(error));
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : '';
}
