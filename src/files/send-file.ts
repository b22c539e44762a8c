/**
 * A file as an answer. In: a path and how the file is sent. Out: a value that crosses the border as that path, never as
 * bytes: the server opens, judges and reads the file on threads of its own.
 */
import { basename, isAbsolute, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

import { HttpError } from '../error.ts';
import { checkNames } from '../internal/known-options.ts';
import type { NamesOf } from '../internal/known-options.ts';
import { parseMediaType } from '../internal/media-type.ts';
import { namesFileBelowRoot } from '../native/index.ts';
import { FileBody } from './file-body.ts';
import { invalid, sendNames, toNativePolicy } from './file-options.ts';
import type { SendOptions } from './file-options.ts';

/** Options of {@link sendFile}. */
export interface SendFileOptions extends SendOptions {
  /**
   * The folder that the path must name something below of. Set it wherever a client has a say in the path: then `..`, what
   * is absolute, dotfiles and links to elsewhere are refused. Relative to the working directory, or a `file:` URL.
   */
  readonly root?: string | URL;
  /** The media type, with its charset. Default: by the ending of the name, else `application/octet-stream`. */
  readonly type?: string;
  /** Has browsers save the file instead of showing it: under its own name, or the one given here. */
  readonly download?: boolean | string;
}

const names: NamesOf<SendFileOptions> = { ...sendNames, root: true, type: true, download: true };

/** What a field value may hold (RFC 9110, 5.5), which a type within quotes may not. */
const HEADER = /^[\t\x20-\x7e\x80-\xff]*$/;

/** A handler's file may be anybody's in particular: no shared cache keeps it unless the reply says so itself. */
const CACHE = { scope: 'private', otherwise: 'no-cache' } as const;

/**
 * Answers with a file.
 *
 * Returned from a handler, or given to `reply()`. The file is read by the server, a piece at a time and only as fast as
 * the client takes it; JavaScript sees none of its bytes. A plain 200 to GET or HEAD comes with `ETag`, `Last-Modified`,
 * `Cache-Control`, `Accept-Ranges` and `X-Content-Type-Options: nosniff`, and heeds `Range` (206, 416), `If-None-Match`,
 * `If-Modified-Since` (304), `If-Match`, `If-Unmodified-Since` (412) and `If-Range` as RFC 9110 has them. Headers of the
 * reply come before those of the file, but for validators, lengths and ranges.
 *
 * A file that is not there is 404. One that is changed while it is sent breaks the connection off.
 *
 * @param path with `root`, relative to that; else absolute, or relative to the working directory
 * @throws HttpError 403 for a path that leads out of `root`
 * @throws CovetError `INVALID_OPTION` naming an option that is none
 *
 * @example
 * ```ts
 * import { Covet, sendFile } from 'covet';
 *
 * const app = new Covet();
 * app.get('/reports/{*name}', ({ params }) => sendFile(params.name, { root: 'reports', download: true }));
 * ```
 */
export function sendFile(path: string | URL, options: SendFileOptions = {}): FileBody {
  checkNames(options, names, 'sendFile()');
  const policy = toNativePolicy(options, CACHE, 'sendFile');
  const { root, type, download = false } = options;
  if (type !== undefined && (typeof type !== 'string' || !HEADER.test(type) || parseMediaType(type) === undefined)) {
    throw invalid(`type of sendFile is a media type such as 'text/plain; charset=utf-8', not ${JSON.stringify(type)}`);
  }
  const name = toPath(path);
  if (name === '' || name.includes('\0')) throw invalid('The path of sendFile is the name of a file');
  if (root !== undefined && (isAbsolute(name) || !namesFileBelowRoot(name, policy.dotfiles))) {
    throw new HttpError(403, 'The path leads to no file of ours');
  }
  return new FileBody({
    path: root === undefined ? resolve(name) : name,
    ...(root !== undefined && { root: resolve(toPath(root)) }),
    ...(type !== undefined && { contentType: type }),
    ...(download !== false && { disposition: 'attachment' }),
    filename: typeof download === 'string' ? download : basename(name),
    policy,
  });
}

function toPath(given: string | URL): string {
  if (typeof given === 'string') return given;
  if (given instanceof URL) return fileURLToPath(given);
  throw new TypeError(`A path is a string or a file: URL, not ${String(given)}`);
}
