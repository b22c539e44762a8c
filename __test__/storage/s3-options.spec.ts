/** Q8: what an S3Storage is told: where its bucket is, and what is wrong with the rest. */
import test from 'ava';

import type { S3StorageOptions } from '../../src/storage/s3-options.ts';
import { S3Storage } from '../../src/storage/s3-storage.ts';

test('URLs are where the bucket is, or where baseUrl says', (t) => {
  const credentials = { accessKeyId: 'a', secretAccessKey: 'b' };
  const base = { bucket: 'my-bucket', region: 'eu-central-1', credentials };
  const urlOf = (options: Partial<S3StorageOptions>) => new S3Storage({ ...base, ...options }).url('x/ü.png');
  t.is(urlOf({}), 'https://my-bucket.s3.eu-central-1.amazonaws.com/x/%C3%BC.png');
  t.is(urlOf({ forcePathStyle: true }), 'https://s3.eu-central-1.amazonaws.com/my-bucket/x/%C3%BC.png');
  const endpoint = 'https://s3.example.com:9000';
  t.is(urlOf({ endpoint }), 'https://s3.example.com:9000/my-bucket/x/%C3%BC.png');
  t.is(urlOf({ endpoint, forcePathStyle: false }), 'https://my-bucket.s3.example.com:9000/x/%C3%BC.png');
  t.is(urlOf({ endpoint: `${endpoint}/s3/` }), 'https://s3.example.com:9000/s3/my-bucket/x/%C3%BC.png');
  t.is(urlOf({ prefix: 'é' }), 'https://my-bucket.s3.eu-central-1.amazonaws.com/%C3%A9/x/%C3%BC.png');
  t.is(urlOf({ prefix: 'a', baseUrl: 'https://cdn.example.com/a' }), 'https://cdn.example.com/a/x/%C3%BC.png');
});

test('options that are wrong are named when the storage is made', (t) => {
  const good = { bucket: 'files', region: 'auto', credentials: { accessKeyId: 'a', secretAccessKey: 'b' } };
  const wrong: [object, RegExp][] = [
    [{ bucket: '' }, /`bucket` must be the name of a bucket/],
    [{ bucket: 'a/b' }, /`bucket`/],
    [{ bucket: undefined }, /`bucket`/],
    [{ region: 'eu central' }, /`region` must be a region/],
    [{ region: undefined }, /`region`/],
    [{ endpoint: 'localhost:9000' }, /`endpoint` must be an http or https URL/],
    [{ endpoint: 'https://a.example.com/?x=1' }, /`endpoint`/],
    [{ endpoint: 'https://me:pw@a.example.com' }, /`endpoint`/],
    [{ credentials: undefined }, /`credentials` must be { accessKeyId, secretAccessKey } or a function/],
    [{ credentials: { accessKeyId: 'a' } }, /`credentials`/],
    [{ credentials: { accessKeyId: 'a', secretAccessKey: '' } }, /`credentials`/],
    [{ partSize: 1000 }, /`partSize` must be a whole number from 5242880 to 5368709120, not 1000/],
    [{ concurrency: 0 }, /`concurrency` must be a whole number from 1 to 100, not 0/],
    [{ attempts: 1.5 }, /`attempts` must be a whole number/],
    [{ timeout: '1s' }, /`timeout` must be a whole number/],
    [{ baseUrl: 'cdn.example.com' }, /URLs begin with a path such as \/files or with a URL/],
  ];
  for (const [options, message] of wrong) {
    t.throws(() => new S3Storage({ ...good, ...options }), { instanceOf: TypeError, message });
  }
  t.throws(() => new S3Storage({ ...good, prefix: '../x' }), { code: 'INVALID_KEY' });
});
