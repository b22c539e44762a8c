/** Uses an S3Storage where aws4fetch is not installed, and reports the error. */
import { register } from 'node:module';

import { S3Storage } from '../../../src/storage/s3-storage.ts';
import { StorageError } from '../../../src/storage/storage-error.ts';

const hook = `export async function resolve(specifier, context, next) {
  if (specifier !== 'aws4fetch') return next(specifier, context);
  throw Object.assign(new Error('Cannot find package aws4fetch'), { code: 'ERR_MODULE_NOT_FOUND' });
}`;
register(`data:text/javascript,${encodeURIComponent(hook)}`);

const storage = new S3Storage({
  bucket: 'files',
  region: 'auto',
  credentials: { accessKeyId: 'a', secretAccessKey: 'b' },
});
try {
  await storage.stat('a');
} catch (error) {
  if (!(error instanceof StorageError)) throw error;
  process.stdout.write(`code=${error.code}\nmessage=${error.message}\n`);
}
