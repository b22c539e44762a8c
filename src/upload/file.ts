/** What a route's `files` are made of. In: options. Out: rules with every default. */
import { checkNames } from '../internal/known-options.ts';
import type { NamesOf } from '../internal/known-options.ts';
import type { FileField, FileOptions, FilesOptions, FileRules, UploadedFile } from '../types/upload.ts';

/** Bytes of a file whose field names no limit. */
export const defaultMaxFileSize: number = 10 * 1024 * 1024;

const defaultMaxCount = 10;

/** The native side counts in 32 bits. */
const MOST_FILES = 2 ** 31 - 1;

const fileNames: NamesOf<FileOptions> = { maxSize: true, types: true, required: true };
const filesNames: NamesOf<FilesOptions> = { maxSize: true, types: true, maxCount: true, minCount: true };

const mediaType = /^[a-z0-9!#$&^_.+-]+\/(?:\*|[a-z0-9!#$&^_.+-]+)$/;

/**
 * One file of a multipart form, for a route's `files`. Checked before the handler runs: one that is missing, or whose
 * type is not allowed, is a 422 with a field error `in: 'file'`; one that is too large is a 413, told before the rest of it
 * is read. Where no file was chosen, it is missing.
 *
 * @example
 * ```ts
 * import { Covet, file, MemoryStorage } from 'covet';
 *
 * const app = new Covet();
 * const storage = new MemoryStorage();
 * const avatar = file({ maxSize: 5 * 1024 * 1024, types: ['image/png', 'image/jpeg', 'image/webp'] });
 * app.put('/avatar', { files: { avatar } }, async ({ files }) => ({ url: await files.avatar.save(storage) }));
 * ```
 *
 * @throws RangeError or TypeError where an option is no sensible value.
 */
export function file<const Required extends boolean = true>(
  options: FileOptions<Required> = {},
): FileField<Required extends false ? UploadedFile | undefined : UploadedFile> {
  checkNames(options, fileNames, 'file()');
  const minCount = options.required === false ? 0 : 1;
  return Object.freeze({ '~rules': { ...toRules(options), minCount, maxCount: 1, isList: false } });
}

/**
 * Any number of files under one name, for a route's `files`; in the order they came. As {@link file} besides.
 *
 * @example
 * ```ts
 * import { Covet, files } from 'covet';
 *
 * const app = new Covet();
 * const photos = files({ minCount: 1, maxCount: 20, types: ['image/*'] });
 * app.post('/albums', { files: { photos } }, (ctx) => ({ photos: ctx.files.photos.map(({ size }) => size) }));
 * ```
 *
 * @throws RangeError or TypeError where an option is no sensible value.
 */
export function files(options: FilesOptions = {}): FileField<readonly UploadedFile[]> {
  checkNames(options, filesNames, 'files()');
  const minCount = check('minCount', options.minCount ?? 0, 0, MOST_FILES);
  const maxCount = check('maxCount', options.maxCount ?? Math.max(defaultMaxCount, minCount), 1, MOST_FILES);
  if (minCount > maxCount) throw new RangeError(`'minCount' (${minCount}) is more than 'maxCount' (${maxCount})`);
  return Object.freeze({ '~rules': { ...toRules(options), minCount, maxCount, isList: true } });
}

function toRules({ maxSize = defaultMaxFileSize, types = [] }: FileRules): { maxSize: number; types: string[] } {
  const patterns = types.map((type) => {
    const pattern = type.toLowerCase();
    if (!mediaType.test(pattern)) {
      throw new TypeError(`A type of a file is like 'image/png' or 'image/*', not '${type}'`);
    }
    return pattern;
  });
  return { maxSize: check('maxSize', maxSize, 0, Number.MAX_SAFE_INTEGER), types: patterns };
}

function check(name: string, value: number, least: number, most: number): number {
  if (Number.isSafeInteger(value) && value >= least && value <= most) return value;
  throw new RangeError(
    `The option '${name}' of a file is a whole number from ${least} to ${most}, not ${String(value)}`,
  );
}
