/** Limits as options: each is bounded, and named by its own name where it is refused. */
import test from 'ava';

import { Covet } from '../../src/index.ts';
import type { Limits } from '../../src/index.ts';
import { exchange } from '../helpers/raw-connection.ts';
import { serve } from '../helpers/serve.ts';

const GET = 'GET / HTTP/1.1\r\nHost: a\r\n\r\n';

/** The least and the most of each. */
const bounds: Record<keyof Limits, readonly [number, number]> = {
  maxHeaderSize: [256, 1024 * 1024],
  maxHeadersCount: [1, 10_000],
  maxUrlLength: [1, 65_534],
  headersTimeout: [1, 2 ** 31 - 1],
  keepAliveTimeout: [1, 2 ** 31 - 1],
  bodyLimit: [0, Number.MAX_SAFE_INTEGER],
  bodyTimeout: [0, 2 ** 31 - 1],
  minBodyRate: [0, 2 ** 31 - 1],
  bodyRateGrace: [0, 2 ** 31 - 1],
  writeTimeout: [1, 2 ** 31 - 1],
  handlerTimeout: [0, 2 ** 31 - 1],
  maxInFlight: [1, 65_536],
  maxUploadsInFlight: [1, 65_536],
  maxUploadSpool: [0, Number.MAX_SAFE_INTEGER],
  maxConnections: [0, 2 ** 31 - 1],
};

test('a limit out of bounds is refused by its name when the application is made', (t) => {
  for (const [name, [least, most]] of Object.entries(bounds)) {
    for (const value of [least - 1, most + 1, 1.5, Number.NaN, Infinity, '10' as never]) {
      const error = t.throws(() => new Covet({ limits: { [name]: value } }), { instanceOf: RangeError }, name);
      t.true(error?.message.includes(`'${name}'`), error?.message);
    }
    t.notThrows(() => new Covet({ limits: { [name]: undefined } }));
  }
  t.throws(() => new Covet({ limits: { maxBody: 1 } as Limits }), { instanceOf: TypeError, message: /'maxBody'/ });
});

test('a server serves at the bounds of each limit that leaves room for a request', async (t) => {
  for (const [name, [least, most]] of Object.entries(bounds)) {
    // With a millisecond for a head, or a byte for a target, it depends.
    const tight = ['headersTimeout', 'keepAliveTimeout', 'writeTimeout', 'handlerTimeout'].includes(name);
    for (const value of tight ? [most] : [least, most]) {
      const { port, app } = await serve(t, (application) => application.get('/', () => 'home'), {
        limits: { [name]: value },
      });
      t.is((await exchange(port, GET)).text(), 'home', `${name} of ${value}`);
      await app.close(0);
    }
  }
});
