/** Keys of files become URLs below one base, and back. */
import { checkKey, quoted } from './file-key.ts';
import { StorageError } from './storage-error.ts';

/** The URLs of one storage. */
export class KeyUrls {
  readonly #base: string;

  /** @throws TypeError unless `base` is an absolute path or URL without query and fragment. */
  constructor(base: string) {
    if (typeof base !== 'string' || !/^(?:\/(?!\/)|[a-z][a-z0-9+.-]*:\/)[^?#\s]*$/i.test(base)) {
      throw new TypeError(
        `A storage's URLs begin with a path such as /files or with a URL, not ${JSON.stringify(base)}`,
      );
    }
    this.#base = base.endsWith('/') ? base : `${base}/`;
  }

  toUrl(key: string): string {
    checkKey(key);
    return this.#base + toPath(key);
  }

  toKey(url: string): string {
    const key = url.startsWith(this.#base) ? decoded(url.slice(this.#base.length)) : undefined;
    if (key === undefined) throw new StorageError('INVALID_KEY', `${quoted(url)} is no URL of a file in this storage`);
    checkKey(key);
    return key;
  }
}

/** A key as the path of a URL: every segment percent-encoded. */
export function toPath(key: string): string {
  return key.split('/').map(encodeURIComponent).join('/');
}

function decoded(path: string): string | undefined {
  if (/[?#]/.test(path)) return undefined;
  try {
    return decodeURIComponent(path);
  } catch {
    // A percent sign that encodes nothing: `toUrl` never wrote it.
    return undefined;
  }
}
