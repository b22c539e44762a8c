/** An application with one cached route, and what asks it. */
import type { ExecutionContext } from 'ava';

import { cacheResponses } from '../../src/cache/index.ts';
import type { CacheResponsesOptions } from '../../src/cache/index.ts';
import { serve } from '../helpers/serve.ts';
import { open } from './open-cache.ts';

export async function start(
  t: ExecutionContext,
  answer: (calls: number) => unknown,
  options: Partial<CacheResponsesOptions> = {},
) {
  const { cache } = await open(t, 'memory and Redis');
  let calls = 0;
  const { url } = await serve(t, (app) => {
    app.get('/a', { middleware: [cacheResponses({ cache, ...options })] }, () => answer((calls += 1)));
    app.post('/a', { middleware: [cacheResponses({ cache, ...options })] }, () => answer((calls += 1)));
  });
  return { cache, calls: () => calls, url };
}

/** fetch adds `cache-control` of its own to conditional requests: node:http says what it is told. */
export async function ask(url: string, headers: Record<string, string> = {}, method = 'GET') {
  const { request } = await import('node:http');
  return new Promise<{ status: number; headers: Record<string, any>; body: string }>((resolve, reject) => {
    request(url, { method, headers }, (response) => {
      let body = '';
      response.setEncoding('utf8').on('data', (text) => (body += text));
      response.on('end', () => resolve({ status: response.statusCode!, headers: response.headers, body }));
    })
      .on('error', reject)
      .end();
  });
}
