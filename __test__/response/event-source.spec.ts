/**
 * Server-sent events as real clients take them: undici's `EventSource` always, and Chromium's where there is one, which
 * `npm test` says at its beginning.
 */
import { runInThisContext } from 'node:vm';

import test from 'ava';
import type { ExecutionContext } from 'ava';
import { chromium } from 'playwright-core';
import { EventSource } from 'undici';
import { z } from 'zod';

import { findChromium } from '../../scripts/chromium.mjs';
import { reply, sse, stopEvents, untilAborted } from '../../src/index.ts';
import { serve, sleep, until } from '../helpers/serve.ts';

/** Notes every event in `log`, and closes after one called `close`. A text: it runs in the browser as it stands. */
const WATCH = `(url, names, log) => new Promise((resolve) => {
  const source = new EventSource(url);
  for (const name of names) {
    source.addEventListener(name, ({ data, lastEventId }) => {
      log.push([name, data, lastEventId]);
      if (name !== 'close') return;
      source.close();
      resolve(log);
    });
  }
  source.onopen = () => log.push(['open']);
  source.onerror = () => {
    if (source.readyState === 2) resolve(log);
  };
})`;

type Watch = (url: string, names: readonly string[]) => Promise<readonly string[][]>;

async function watchInNode(url: string, names: readonly string[]): Promise<readonly string[][]> {
  const make = runInThisContext(`(EventSource) => ${WATCH}`) as (
    client: unknown,
  ) => (url: string, names: readonly string[], log: string[][]) => Promise<string[][]>;
  return make(EventSource)(url, names, []);
}

async function openBrowser(t: ExecutionContext, executablePath: string, url: string): Promise<Watch> {
  const browser = await chromium.launch({ executablePath, args: ['--no-sandbox'] });
  t.teardown(() => browser.close());
  const page = await browser.newPage();
  await page.goto(`${url}/page`);
  return (path, names) => page.evaluate(`(${WATCH})(${JSON.stringify(path)}, ${JSON.stringify(names)}, [])`);
}

const executablePath = await findChromium();
const clients = ['undici', ...(executablePath === undefined ? [] : ['Chromium'])];

for (const client of clients) {
  test(`${client}: names, lines, ids, reconnects with the last id, and an end`, async (t) => {
    t.timeout(60_000);
    // Unlike a browser, undici does not send the id back as UTF-8.
    const id = client === 'undici' ? '1 a' : '1 größe';
    const seen: (string | undefined)[] = [];
    const times: number[] = [];
    const { url } = await serve(t, (app) => {
      app.get('/page', () => reply(200, '<!doctype html>', { headers: { 'content-type': 'text/html' } }));
      app.get('/events', ({ req }) => {
        seen.push(req.lastEventId);
        times.push(performance.now());
        if (req.lastEventId === undefined) {
          return sse([
            { comment: 'hello', retry: 300 },
            { data: 'a\nb\r\n: c\n\nd' },
            { event: 'update', data: { price: 'größe' }, id },
          ]);
        }
        return req.lastEventId === '2' ? stopEvents() : sse([{ data: '', id: 2 }]);
      });
    });
    const watch = client === 'undici' ? watchInNode : await openBrowser(t, executablePath!, url);
    t.deepEqual(await watch(`${url}/events`, ['message', 'update']), [
      ['open'],
      ['message', 'a\nb\n: c\n\nd', ''],
      ['update', '{"price":"größe"}', id],
      ['open'],
      ['message', '', '2'],
    ]);
    t.deepEqual(seen, [undefined, id, '2']);
    for (const index of [1, 2]) t.true(times[index]! - times[index - 1]! >= 290, 'it waits as long as it was told');
    await sleep(500);
    t.is(seen.length, 3, 'it does not come again');
  });

  test(`${client}: a contract’s events come one at a time, and the client’s close ends the handler`, async (t) => {
    t.timeout(60_000);
    let isEnded = false;
    const { url } = await serve(t, (app) => {
      app.get('/page', () => reply(200, '<!doctype html>', { headers: { 'content-type': 'text/html' } }));
      const response = sse({ count: z.object({ n: z.number() }), close: z.null() }, { heartbeat: 20 });
      app.get('/events', { response }, async function* ({ req }) {
        try {
          for (let n = 1; n <= 3; n++) {
            yield { event: 'count', data: { n, secret: 'stays' } as { n: number } };
            await sleep(50);
          }
          yield { event: 'close', data: null };
          for await (const never of untilAborted(new ReadableStream<{ n: number }>(), req.signal)) {
            yield { event: 'count', data: never };
          }
        } finally {
          isEnded = true;
        }
      });
    });
    const watch = client === 'undici' ? watchInNode : await openBrowser(t, executablePath!, url);
    t.deepEqual(await watch(`${url}/events`, ['count', 'close']), [
      ['open'],
      ['count', '{"n":1}', ''],
      ['count', '{"n":2}', ''],
      ['count', '{"n":3}', ''],
      ['close', 'null', ''],
    ]);
    t.true(await until(() => isEnded));
  });
}
