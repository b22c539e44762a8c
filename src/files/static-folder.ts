/**
 * Folders of files under a prefix. In: what `app.static` is given, each option checked. Out: the paths to register, and
 * the folder as the server takes it.
 */
import { statSync } from 'node:fs';
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

import { checkNames } from '../internal/known-options.ts';
import type { NamesOf } from '../internal/known-options.ts';
import { namesFileBelowRoot } from '../native/index.ts';
import type { NativeFolder } from '../native/index.ts';
import { invalid, sendNames, toNativePolicy } from './file-options.ts';
import type { SendOptions } from './file-options.ts';

/** Options of `app.static`. */
export interface StaticOptions extends SendOptions {
  /**
   * Names looked for where a folder itself is asked for. Default `'index.html'`. With `false` folders are not found, and
   * the prefix itself is left to other routes.
   */
  readonly index?: string | readonly string[] | false;
  /** Endings, without a dot, tried in order where a path names no file: with `['html']`, `/about` is `about.html`. */
  readonly extensions?: readonly string[];
  /**
   * Answers pages that are not there, for single-page applications: a file below the folder, sent with
   * `Cache-Control: no-cache` to clients that take HTML, for paths whose last name has no dot.
   */
  readonly fallback?: string;
  /** Sends who asks for a folder without its slash to the path with it, 308. Default true; else it is not found. */
  readonly redirect?: boolean;
}

/** A folder, and the paths under which it is registered. */
export interface StaticFolder {
  readonly paths: readonly string[];
  readonly folder: Omit<NativeFolder, 'asksHandler'>;
}

const optionNames: NamesOf<StaticOptions> = {
  ...sendNames,
  index: true,
  extensions: true,
  fallback: true,
  redirect: true,
};

/** Assets are everybody's. */
const CACHE = { scope: 'public', otherwise: 'public, max-age=0' } as const;

/** @throws CovetError `INVALID_OPTION` naming what is wrong with the prefix, the folder or an option. */
export function toStaticFolder(prefix: string, directory: string | URL, options: StaticOptions): StaticFolder {
  const subject = `the folder under ${JSON.stringify(prefix)}`;
  checkPrefix(prefix);
  checkNames(options, optionNames, 'app.static()');
  const { index = 'index.html', extensions = [], fallback, redirect = true } = options;
  const policy = toNativePolicy(options, CACHE, subject);
  const names = index === false ? [] : typeof index === 'string' ? [index] : [...index];
  const isName = (name: string): boolean => typeof name === 'string' && namesFileBelowRoot(name, true);
  for (const name of fallback === undefined ? names : [...names, fallback]) {
    if (!isName(name)) throw invalid(`${JSON.stringify(name)} names no file below ${subject}`);
  }
  for (const extension of extensions) {
    if (isName(extension) && !/[./]/.test(extension)) continue;
    throw invalid(`${JSON.stringify(extension)} is no ending of a file's name: leave out its dot`);
  }
  const base = prefix.replace(/\/$/, '');
  const below = `${base}/{*path}`;
  return {
    paths: index === false ? [below] : base === '' ? [below, '/'] : [below, `${base}/`, base],
    folder: {
      root: toRoot(directory, subject),
      index: names,
      extensions: [...extensions],
      ...(fallback !== undefined && { fallback }),
      redirect,
      policy,
    },
  };
}

function checkPrefix(prefix: string): void {
  if (typeof prefix === 'string' && /^\/[^{}*:?#]*$/.test(prefix)) return;
  throw invalid(`A folder's prefix is a path without parameters, such as '/assets', not ${JSON.stringify(prefix)}`);
}

function toRoot(directory: string | URL, subject: string): string {
  const root = resolve(directory instanceof URL ? fileURLToPath(directory) : directory);
  const stats = statSync(root, { throwIfNoEntry: false });
  if (stats?.isDirectory() === true) return root;
  const fault =
    stats === undefined ? 'is not there: make it before, with mkdirSync(path, { recursive: true })' : 'is no folder';
  throw invalid(`${JSON.stringify(root)}, ${subject}, ${fault}`);
}
