/** Hashes a password where @node-rs/argon2 is not installed, and reports the error. */
import { register } from 'node:module';

import { hashPassword } from '../../../src/passwords/index.ts';

const hook = `export async function resolve(specifier, context, next) {
  if (specifier !== '@node-rs/argon2') return next(specifier, context);
  throw Object.assign(new Error('Cannot find package @node-rs/argon2'), { code: 'ERR_MODULE_NOT_FOUND' });
}`;
register(`data:text/javascript,${encodeURIComponent(hook)}`);

try {
  await hashPassword('correct horse battery staple');
} catch (error) {
  if (!(error instanceof Error)) throw error;
  process.stdout.write(`message=${error.message}\n`);
}
