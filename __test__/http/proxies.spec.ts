/** Trusted proxies over the wire: whom they name is the client everywhere, and nobody else's word is taken. */
import test from 'ava';
import type { ExecutionContext } from 'ava';

import { Covet } from '../../src/index.ts';
import type { TrustProxy } from '../../src/index.ts';
import { exchange } from '../helpers/raw-connection.ts';
import { serve } from '../helpers/serve.ts';
import type { Served } from '../helpers/serve.ts';

const serveWith = (t: ExecutionContext, trustProxy?: TrustProxy): Promise<Served> =>
  serve(
    t,
    (app) => {
      app.get('/who', ({ req }) => ({ ip: req.ip, url: req.url.href, host: req.header('host') }));
      app.get('/late', async ({ req }) => {
        await new Promise((resolve) => setTimeout(resolve, 10));
        return { ip: req.ip, url: req.url.href };
      });
    },
    trustProxy === undefined ? {} : { trustProxy },
  );

const ask = async (served: Served, ...lines: string[]): Promise<any> => {
  const head = ['GET /who?a=1 HTTP/1.1', 'Host: inner:3000', ...lines];
  return (await exchange(served.port, `${head.join('\r\n')}\r\n\r\n`)).json();
};

test('without trusted proxies no header changes who the client is', async (t) => {
  for (const trustProxy of [undefined, false, 0, [], ['10.0.0.0/8']] as const) {
    const served = await serveWith(t, trustProxy);
    const answer = await ask(
      served,
      'X-Forwarded-For: 203.0.113.9',
      'X-Forwarded-Proto: https',
      'X-Forwarded-Host: evil.example',
      'X-Forwarded-Port: 1',
      'Forwarded: for=203.0.113.9;proto=https;host=evil.example',
      'X-Real-IP: 203.0.113.9',
    );
    t.deepEqual(answer, { ip: '127.0.0.1', url: 'http://inner:3000/who?a=1', host: 'inner:3000' }, String(trustProxy));
  }
});

test('a trusted proxy names the client, its scheme and its host', async (t) => {
  for (const trustProxy of [1, ['loopback'], ['127.0.0.0/8'], { proxies: 1, header: 'x-forwarded' }] as const) {
    const served = await serveWith(t, trustProxy);
    t.deepEqual(
      await ask(served, 'X-Forwarded-For: 203.0.113.9', 'X-Forwarded-Proto: https', 'X-Forwarded-Host: a.example'),
      { ip: '203.0.113.9', url: 'https://a.example/who?a=1', host: 'a.example' },
    );
    t.deepEqual(
      await ask(served, 'X-Forwarded-For: 2001:db8::1', 'X-Forwarded-Port: 8443', 'X-Forwarded-Host: a.example'),
      {
        ip: '2001:db8::1',
        url: 'http://a.example:8443/who?a=1',
        host: 'a.example:8443',
      },
    );
    t.is((await ask(served)).ip, '127.0.0.1');
  }
});

test('what the client itself wrote into the chain is not believed', async (t) => {
  const counted = await serveWith(t, 1);
  t.is((await ask(counted, 'X-Forwarded-For: 6.6.6.6, 203.0.113.9')).ip, '203.0.113.9');
  t.is((await ask(counted, 'X-Forwarded-For: 6.6.6.6', 'X-Forwarded-For: 203.0.113.9')).ip, '203.0.113.9');
  t.is((await ask(counted, 'X-Forwarded-For: 6.6.6.6, nonsense')).ip, '127.0.0.1');
  t.is((await ask(counted, 'X-Forwarded-For: 6.6.6.6, 203.0.113.9', 'Forwarded: for=7.7.7.7')).ip, '203.0.113.9');
  t.is((await ask(counted, 'Forwarded: for=7.7.7.7;host=evil.example')).url, 'http://inner:3000/who?a=1');

  const listed = await serveWith(t, ['loopback', '10.0.0.0/8']);
  t.is((await ask(listed, 'X-Forwarded-For: 10.6.6.6, 203.0.113.9, 10.0.0.1')).ip, '203.0.113.9');
  t.is((await ask(listed, 'X-Forwarded-For: 6.6.6.6, unknown, 10.0.0.1')).ip, '10.0.0.1');
  const answer = await ask(
    listed,
    'X-Forwarded-For: 6.6.6.6, 203.0.113.9',
    'X-Forwarded-Host: evil.example, a.example',
    'X-Forwarded-Proto: https, http',
  );
  t.is(answer.url, 'http://a.example/who?a=1');
  // A host that is none is no host, whoever says it.
  for (const host of ['a.example/path', 'user@a.example', 'a b', 'a.example:99999', '']) {
    t.is((await ask(listed, `X-Forwarded-Host: ${host}`)).host, 'inner:3000', host);
  }
});

test('Forwarded is read where the proxies write it, with quotes and IPv6', async (t) => {
  const served = await serveWith(t, { proxies: ['loopback'], header: 'forwarded' });
  t.deepEqual(await ask(served, 'Forwarded: for="[2001:db8::1]:4711";proto=https;host="a.example:8443"'), {
    ip: '2001:db8::1',
    url: 'https://a.example:8443/who?a=1',
    host: 'a.example:8443',
  });
  // An open quote of the client's swallows nothing.
  t.is((await ask(served, 'Forwarded: for="6.6.6.6, for=203.0.113.9')).ip, '203.0.113.9');
  t.is((await ask(served, 'Forwarded: for=6.6.6.6, for=_hidden')).ip, '127.0.0.1');
  t.is((await ask(served, 'X-Forwarded-For: 6.6.6.6')).ip, '127.0.0.1');
});

test('the log of refusals names the client, and a request read later still does', async (t) => {
  const served = await serveWith(t, 1);
  const head = 'GET /nowhere HTTP/1.1\r\nHost: a\r\nX-Forwarded-For: 203.0.113.9\r\n\r\n';
  t.is((await exchange(served.port, head)).status, 404);
  t.is((await served.logs.find((line) => line['path'] === '/nowhere'))['ip'], '203.0.113.9');
  const late = 'GET /late HTTP/1.1\r\nHost: a\r\nX-Forwarded-For: 203.0.113.9\r\nX-Forwarded-Proto: https\r\n\r\n';
  t.deepEqual((await exchange(served.port, late)).json(), { ip: '203.0.113.9', url: 'https://a/late' });
});

test('what is no trusted proxy is told when the application is made', (t) => {
  for (const [trustProxy, message] of [
    [['10.0.0.0/33'], /'10\.0\.0\.0\/33' is no network of trusted proxies: .* from 0 to 32/],
    [['10.0.0.1/8'], /the network is '10\.0\.0\.0\/8'/],
    [['localhost'], /'localhost' is no network/],
    [['loopback', '::1/x'], /'::1\/x' is no network/],
    [-1, /whole number from 0 to 255, not -1/],
    [1.5, /not 1\.5/],
    [256, /not 256/],
  ] as const) {
    t.throws(() => new Covet({ trustProxy }), { instanceOf: RangeError, message });
  }
  for (const trustProxy of [true, null, '10.0.0.0/8', [1], { proxies: 1 }, { proxies: true, header: 'forwarded' }]) {
    t.throws(() => new Covet({ trustProxy: trustProxy as never }), { instanceOf: TypeError, message: /trustProxy/ });
  }
  t.notThrows(() => new Covet({ trustProxy: ['unix', 'uniquelocal', 'linklocal', '::ffff:10.0.0.0/104'] }));
});
