/**
 * The S3 server that the storage tests run against: built from `__test__/s3-server` into `target/s3-server`, which
 * takes Rust 1.92 and a minute or two the first time, and under a second after that.
 */
import path from 'node:path';

import { root, run } from './command.mjs';

const folder = path.join(root, 'target/s3-server');

/**
 * Builds the server unless it is fresh.
 *
 * @returns {Promise<string>} the program
 */
export async function buildS3Server() {
  const manifest = path.join(root, '__test__/s3-server/Cargo.toml');
  await run('cargo', ['build', '--quiet', '--locked', '--manifest-path', manifest, '--target-dir', folder]);
  return path.join(folder, 'debug', `covet-test-s3-server${process.platform === 'win32' ? '.exe' : ''}`);
}
