import test from 'ava';

import { joinPath } from '../../src/internal/join-path.ts';

for (const [prefix, path, whole] of [
  ['', '/', '/'],
  ['', '/users', '/users'],
  ['/', '/', '/'],
  ['/', '/users', '/users'],
  ['/api', '/', '/api'],
  ['/api', '/users', '/api/users'],
  ['/api/', '/users', '/api/users'],
  ['/api/', '/', '/api'],
  ['/api', '/users/', '/api/users/'],
  ['/tenants/{tenant}', '/{*rest}', '/tenants/{tenant}/{*rest}'],
] as const) {
  test(`'${prefix}' and '${path}' join to '${whole}'`, (t) => {
    t.is(joinPath(prefix, path), whole);
  });
}
