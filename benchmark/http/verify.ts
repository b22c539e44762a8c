import { Agent, request as send } from 'node:http';
import type { IncomingHttpHeaders } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { brotliDecompressSync, gunzipSync } from 'node:zlib';

import type {
  BenchmarkCase,
  Check,
  Evidence,
  ExpectedBytes,
  ExpectedEvents,
  ExpectedJson,
  HttpRequest,
} from './benchmark-case.ts';
import { EventReader } from './load/event-reader.ts';

const timeoutMs = 5_000;
const settlingMs = 200;

interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

/** Asks the database that servers share for a number. */
export type Witness = (query: string) => Promise<number>;

/**
 * Asks a server every question of the cases.
 *
 * @param witness for cases that ask for evidence: without one, none of it is given
 * @returns one sentence for each wrong answer; none when the server may be timed.
 */
export async function findFaults(
  port: number,
  cases: readonly BenchmarkCase[],
  witness: Witness = noWitness,
): Promise<string[]> {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  const faults: string[] = [];
  try {
    for (const { id, checks, nextCheck } of cases) {
      for (const check of nextCheck === undefined ? checks : [...checks, nextCheck()]) {
        const fault = await findFaultAndEvidence(check, () => findFaultAtOnce(port, check, agent), witness);
        if (fault !== undefined) faults.push(`${id}: ${check.name}: ${fault}`);
      }
    }
  } finally {
    agent.destroy();
  }
  return faults;
}

function noWitness(): Promise<number> {
  return Promise.reject(new Error('there is no database to ask'));
}

async function findFaultAndEvidence(
  { evidence = [] }: Check,
  find: () => Promise<string | undefined>,
  witness: Witness,
): Promise<string | undefined> {
  try {
    const before = evidence.length === 0 ? [] : await askWhenSettled(evidence, witness);
    const fault = await find();
    if (fault !== undefined) return fault;
    const after = await askAll(evidence, witness);
    return evidence.map((each, index) => faultOfEvidence(each, before[index]!, after[index]!)).find(Boolean);
  } catch (error) {
    return `no evidence (${error instanceof Error ? error.message : String(error)})`;
  }
}

/** A window of load ends with requests under way, whose work is done a little later: it is waited for. */
async function askWhenSettled(evidence: readonly Evidence[], witness: Witness): Promise<number[]> {
  const deadline = performance.now() + timeoutMs;
  let last = await askAll(evidence, witness);
  for (;;) {
    await sleep(settlingMs);
    const now = await askAll(evidence, witness);
    if (now.every((number, index) => number === last[index]) || performance.now() > deadline) return now;
    last = now;
  }
}

async function askAll(evidence: readonly Evidence[], witness: Witness): Promise<number[]> {
  const numbers: number[] = [];
  for (const { query } of evidence) numbers.push(await witness(query));
  return numbers;
}

function faultOfEvidence(evidence: Evidence, before: number, after: number): string | undefined {
  const { query } = evidence;
  if ('is' in evidence) return after === evidence.is ? undefined : `${after} where ${evidence.is} is due: ${query}`;
  const rise = after - before;
  return rise === evidence.rises ? undefined : `a rise of ${rise} where ${evidence.rises} is due: ${query}`;
}

async function findFaultAtOnce(port: number, check: Check, agent: Agent): Promise<string | undefined> {
  const { atOnce = 1 } = check;
  if (atOnce === 1) return findFault(port, check, agent);
  const crowd = new Agent({ keepAlive: true, maxSockets: atOnce });
  try {
    const faults = await Promise.all(Array.from({ length: atOnce }, () => findFault(port, check, crowd)));
    return faults.find((fault) => fault !== undefined);
  } finally {
    crowd.destroy();
  }
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
  if ('events' in expected) return faultOfEvents(answer, expected);
  return 'bytes' in expected ? faultOfBytes(answer, expected) : faultOfJson(answer, expected);
}

function faultOfType({ headers }: Answer, due: string): string | undefined {
  const type = headers['content-type'] ?? '';
  return type.split(';', 1)[0]?.trim().toLowerCase() === due ? undefined : `content type "${type}"`;
}

function faultOfJson(answer: Answer, { body: due, coding, maxBytes = Infinity }: ExpectedJson): string | undefined {
  const fault = faultOfType(answer, 'application/json');
  if (fault !== undefined) return fault;
  const given = answer.headers['content-encoding'];
  if (given !== coding) return `content encoding ${given ?? 'none'} where ${coding ?? 'none'} is due`;
  if (answer.body.length > maxBytes) return `${answer.body.length} bytes of ${coding} where ${maxBytes} do`;
  let body: string;
  try {
    body = decode(answer.body, coding).toString();
  } catch (error) {
    return `a body that is no ${coding} (${error instanceof Error ? error.message : String(error)})`;
  }
  return body === due ? undefined : `body ${shortened(body)} where ${shortened(due)} is due`;
}

function decode(body: Buffer, coding: ExpectedJson['coding']): Buffer {
  if (coding === 'gzip') return gunzipSync(body);
  return coding === 'br' ? brotliDecompressSync(body) : body;
}

function faultOfBytes(answer: Answer, { contentType, bytes, isChunked = false }: ExpectedBytes): string | undefined {
  const fault = faultOfType(answer, contentType);
  if (fault !== undefined) return fault;
  const given = answer.headers['transfer-encoding'] === 'chunked';
  if (given !== isChunked) return `a body ${given ? 'in chunks' : 'with a length'}, where the other is due`;
  if (answer.body.length !== bytes.length) return `${answer.body.length} bytes where ${bytes.length} are due`;
  return answer.body.equals(bytes) ? undefined : 'other bytes than those that are due';
}

function faultOfEvents(answer: Answer, { events: due }: ExpectedEvents): string | undefined {
  const fault = faultOfType(answer, 'text/event-stream');
  if (fault !== undefined) return fault;
  const reader = new EventReader();
  const events = reader.push(answer.body.toString());
  if (reader.rest !== '') return `an event that has no end: ${shortened(reader.rest)}`;
  if (events.length !== due.length) return `${events.length} events where ${due.length} are due`;
  const wrong = events.find((event, index) => JSON.stringify(event) !== JSON.stringify(due[index]));
  return wrong === undefined ? undefined : `the wrong event ${shortened(JSON.stringify(wrong))}`;
}

function shortened(text: string): string {
  return text.length > 400 ? `${text.slice(0, 400)}… (${text.length} characters)` : text;
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
        resolve({ status: response.statusCode ?? 0, headers: response.headers, body: Buffer.concat(chunks) }),
      );
    });
    request.setTimeout(timeoutMs, () => request.destroy(new Error(`nothing within ${timeoutMs} ms`)));
    request.on('error', reject);
    request.end(body);
  });
}
