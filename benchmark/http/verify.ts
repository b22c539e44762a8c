import { Agent, request as send } from 'node:http';

import type { BenchmarkCase, Check, HttpRequest } from './cases.ts';

const timeoutMs = 5_000;

interface Answer {
  readonly status: number;
  readonly contentType: string;
  readonly body: string;
}

/**
 * Asks a server every question of the cases.
 *
 * @returns one sentence for each wrong answer; none when the server may be timed.
 */
export async function findFaults(port: number, cases: readonly BenchmarkCase[]): Promise<string[]> {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  const faults: string[] = [];
  try {
    for (const { id, checks } of cases) {
      for (const check of checks) {
        const fault = await findFault(port, check, agent);
        if (fault !== undefined) faults.push(`${id}: ${check.name}: ${fault}`);
      }
    }
  } finally {
    agent.destroy();
  }
  return faults;
}

async function findFault(port: number, check: Check, agent: Agent): Promise<string | undefined> {
  let answer: Answer;
  try {
    answer = await ask(port, check.request, agent);
  } catch (error) {
    return `no answer (${error instanceof Error ? error.message : String(error)})`;
  }
  const { expected } = check;
  if (expected === 'client error') {
    return answer.status >= 400 && answer.status < 500 ? undefined : `status ${answer.status} where 4xx is due`;
  }
  if (answer.status !== expected.status) return `status ${answer.status} where ${expected.status} is due`;
  if (!/^application\/json\b/.test(answer.contentType)) return `content type "${answer.contentType}"`;
  return answer.body === expected.body ? undefined : `body ${answer.body} where ${expected.body} is due`;
}

function ask(port: number, { method, path, headers, body }: HttpRequest, agent: Agent): Promise<Answer> {
  const length = body === undefined ? {} : { 'content-length': Buffer.byteLength(body) };
  return new Promise((resolve, reject) => {
    const options = { host: '127.0.0.1', port, method, path, agent, headers: { ...headers, ...length } };
    const request = send(options, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('error', reject);
      response.on('end', () =>
        resolve({
          status: response.statusCode ?? 0,
          contentType: response.headers['content-type'] ?? '',
          body: Buffer.concat(chunks).toString(),
        }),
      );
    });
    request.setTimeout(timeoutMs, () => request.destroy(new Error(`nothing within ${timeoutMs} ms`)));
    request.on('error', reject);
    request.end(body);
  });
}
