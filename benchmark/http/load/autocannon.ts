import { createHistogram, performance } from 'node:perf_hooks';

import autocannon from 'autocannon';
import type { Options, Result } from 'autocannon';

import type { LoadJob, LoadResult } from './job.ts';

const timeoutSeconds = 5;

/** Loads a server with autocannon: each connection sends its next request when the last is answered. */
export async function runAutocannon(job: LoadJob): Promise<LoadResult> {
  // autocannon keeps whole milliseconds; a median on the loopback is a fraction of one.
  const latencies = createHistogram();
  const started = performance.now();
  let lastAnswer = started;
  const { method, path, headers, body } = job.request;
  const options: Options = {
    url: `http://127.0.0.1:${job.port}${path}`,
    method,
    headers: { ...headers },
    ...(body === undefined ? {} : { body: Buffer.from(body) }),
    connections: job.connections,
    duration: job.seconds,
    timeout: timeoutSeconds,
    sampleInt: 100,
  };
  const result = await new Promise<Result>((resolve, reject) => {
    const instance = autocannon(options, (error: unknown, value) => (error ? reject(error) : resolve(value)));
    instance.on('response', (_client, _status, _bytes, milliseconds) => {
      latencies.record(Math.max(1, Math.round(milliseconds * 1000)));
      lastAnswer = performance.now();
    });
  });

  // A connection the server closes is opened again without a word, and what was under way on it is lost: such
  // requests were sent, never answered, and are more than one for each connection at the end.
  const lost = Math.max(0, result.requests.sent - result.requests.total - job.connections);
  return {
    requests: result.requests.total,
    seconds: Math.max(lastAnswer - started, 1) / 1000,
    p50Ms: latencies.percentile(50) / 1000,
    p99Ms: latencies.percentile(99) / 1000,
    non2xx: result.non2xx,
    socketErrors: result.errors + lost,
  };
}
