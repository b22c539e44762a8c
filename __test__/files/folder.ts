/** A folder on disk for one test, and requests for what is in it. */
import { mkdirSync, mkdtempSync, realpathSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

import type { ExecutionContext } from 'ava';

import { exchange } from '../helpers/raw-connection.ts';
import type { RawResponse } from '../helpers/raw-connection.ts';

/** A time at which files of these tests were last changed, with its HTTP date. */
export const LONG_AGO: Date = new Date('2024-02-29T12:34:56.789Z');
export const LONG_AGO_TEXT = 'Thu, 29 Feb 2024 12:34:56 GMT';

/** What the folders of most tests have. */
export const SITE: Readonly<Record<string, string>> = {
  'index.html': '<p>home',
  'about.html': '<p>about',
  'docs/index.html': '<p>docs',
  'docs/été.txt': 'summer',
  'app.js': 'let a',
  'data.json': '{}',
  LICENSE: 'mine',
  '100%.txt': 'all',
  '.hidden': 'hidden',
  '.well-known/security.txt': 'mail',
  'empty/.keep': '',
};

/** Makes a folder with these files, by path and contents, that is gone after the test. */
export function createFolder(t: ExecutionContext, files: Readonly<Record<string, string | Uint8Array>> = {}): string {
  const folder = realpathSync(mkdtempSync(path.join(tmpdir(), 'covet-files-')));
  t.teardown(() => rmSync(folder, { recursive: true, force: true }));
  for (const [name, contents] of Object.entries(files)) writeOld(path.join(folder, name), contents);
  return folder;
}

/** Writes a file that was last changed long ago. */
export function writeOld(file: string, contents: string | Uint8Array): void {
  mkdirSync(path.dirname(file), { recursive: true });
  writeFileSync(file, contents);
  utimesSync(file, LONG_AGO, LONG_AGO);
}

/** Asks for a raw target, with these headers. */
export function ask(
  port: number,
  target: string,
  headers: Readonly<Record<string, string>> = {},
  method = 'GET',
): Promise<RawResponse> {
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  const head = `${method} ${target} HTTP/1.1\r\nHost: a\r\n${lines.join('')}\r\n`;
  return exchange(port, head, { head: method === 'HEAD' });
}

/** Bytes that tell where they stand. */
export function createBytes(length: number): Buffer {
  const bytes = Buffer.alloc(length);
  for (let index = 0; index < length; index += 1) bytes[index] = (index * 31 + (index >> 8)) & 0xff;
  return bytes;
}
