/** No request target, however it is written, reaches a file that the folder does not serve. */
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';

import test from 'ava';

import { exchange } from '../helpers/raw-connection.ts';
import { serve } from '../helpers/serve.ts';
import { createFolder } from './folder.ts';

const SECRET = 'top secret';

/** Targets behind the prefix; `secret.txt` lies beside the folder, `.env` and `.git/config` in it. */
const vectors = [
  '../secret.txt',
  '../../secret.txt',
  '../../../../../../../../etc/passwd',
  './../secret.txt',
  'sub/../../secret.txt',
  'sub/../../public/../secret.txt',
  '..//secret.txt',
  '..///secret.txt',
  '%2e%2e/secret.txt',
  '%2E%2E/secret.txt',
  '.%2e/secret.txt',
  '%2e./secret.txt',
  '%2e%2e%2fsecret.txt',
  '%2e%2e%2Fsecret.txt',
  '..%2fsecret.txt',
  '..%2Fsecret.txt',
  '..%252fsecret.txt',
  '%252e%252e/secret.txt',
  '%252e%252e%252fsecret.txt',
  '%25252e%25252e%25252fsecret.txt',
  '..\\secret.txt',
  '..%5csecret.txt',
  '..%5Csecret.txt',
  '%2e%2e%5csecret.txt',
  '..%255csecret.txt',
  'sub\\..\\..\\secret.txt',
  'sub%5c..%5c..%5csecret.txt',
  '..%c0%afsecret.txt',
  '..%c1%9csecret.txt',
  '%c0%ae%c0%ae/secret.txt',
  '%e0%80%ae%e0%80%ae/secret.txt',
  '%uff0e%uff0e/secret.txt',
  '%ef%bc%8e%ef%bc%8e/secret.txt',
  '..%ef%bc%8fsecret.txt',
  '..%00/secret.txt',
  '../secret.txt%00.html',
  'index.html%00/../../secret.txt',
  '..%0a/secret.txt',
  '..%0d%0asecret.txt',
  '..;/secret.txt',
  '..;x=y/secret.txt',
  '....//secret.txt',
  '..././secret.txt',
  '.../secret.txt',
  '/etc/passwd',
  '//etc/passwd',
  '%2fetc%2fpasswd',
  '%2Fetc/passwd',
  'file:///etc/passwd',
  'file:%2f%2f/etc/passwd',
  'C:/windows/win.ini',
  'C:%5cwindows%5cwin.ini',
  'c:secret.txt',
  '%5c%5cserver%5cshare%5csecret.txt',
  '~/secret.txt',
  '~root/.profile',
  '.env',
  '%2eenv',
  '.ENV',
  './.env',
  'sub/.env',
  'sub/../.env',
  '.git/config',
  '%2egit/config',
  '.git%2fconfig',
  '.git//config',
  '..',
  '../',
  '%2e%2e',
  '%2e%2e/',
  '../public-other/secret.txt',
  '..%2fpublic-other/secret.txt',
  '../public%2d%6fther/secret.txt',
  'sub/%2e%2e/%2e%2e/public-other/secret.txt',
];

test('every vector is answered without a byte of what it is after', async (t) => {
  t.true(vectors.length >= 40);
  const base = createFolder(t, {
    'secret.txt': SECRET,
    'public/index.html': 'home',
    'public/.env': SECRET,
    'public/sub/.env': SECRET,
    'public/.git/config': SECRET,
    // Its name begins like the folder's own.
    'public-other/secret.txt': SECRET,
  });
  const { port } = await serve(t, (app) => {
    app.static('/files', path.join(base, 'public'));
    app.static('/spa', path.join(base, 'public'), { extensions: ['txt'] });
  });
  for (const prefix of ['/files/', '/spa/']) {
    for (const vector of vectors) {
      const { status, body } = await exchange(port, `GET ${prefix}${vector} HTTP/1.1\r\nHost: a\r\n\r\n`);
      t.true([400, 404].includes(status), `${prefix}${vector}: ${status}`);
      t.false(body.includes(SECRET), vector);
      t.false(body.includes('root:'), vector);
    }
  }
  for (const target of [
    'http://a/files/../secret.txt',
    'http://a/files/%2e%2e/secret.txt',
    '/files/../../../secret.txt',
  ]) {
    const { status } = await exchange(port, `GET ${target} HTTP/1.1\r\nHost: a\r\n\r\n`);
    t.is(status, 404, target);
  }
  t.is((await exchange(port, 'GET /files/ HTTP/1.1\r\nHost: a\r\n\r\n')).text(), 'home');
});

test('names that look like escapes are names', async (t) => {
  const folder = createFolder(t, { '%2e%2e/a.txt': 'literal', '..a/b..': 'dots', 'a;b.txt': 'semicolon' });
  mkdirSync(path.join(folder, 'x'));
  writeFileSync(path.join(folder, 'x', '%00.txt'), 'zero');
  const { port } = await serve(t, (app) => app.static('/files', folder, { dotfiles: 'allow' }));
  for (const [target, body] of [
    ['%252e%252e/a.txt', 'literal'],
    ['..a/b..', 'dots'],
    ['a;b.txt', 'semicolon'],
    ['x/%2500.txt', 'zero'],
  ] as const) {
    const response = await exchange(port, `GET /files/${target} HTTP/1.1\r\nHost: a\r\n\r\n`);
    t.is(response.text(), body, target);
  }
});
