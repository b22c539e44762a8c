/** Payloads on their way into a store and out of it. */
import type { StandardSchemaV1 } from '@standard-schema/spec';

import { JobError, UnrecoverableError } from './job-error.ts';
import type { Job } from './job.ts';

/**
 * The payload as JSON, checked. What goes in is stored, not what the schema makes of it: it is read by the schema again
 * when the job is done.
 *
 * @throws JobError `JOB_PAYLOAD_INVALID`.
 */
export async function checkPayload(job: Job, payload: unknown): Promise<string> {
  let json: string | undefined;
  try {
    json = JSON.stringify(payload);
  } catch (cause) {
    throw new JobError('JOB_PAYLOAD_INVALID', `The payload of job '${job.name}' is no JSON`, { cause });
  }
  if (json === undefined) throw new JobError('JOB_PAYLOAD_INVALID', `The payload of job '${job.name}' is no JSON`);
  // Read back: a Date in the payload is text when the job is done, and the schema has to take it as such.
  const result = await job.payload['~standard'].validate(JSON.parse(json));
  if (result.issues !== undefined) {
    throw new JobError(
      'JOB_PAYLOAD_INVALID',
      `The payload of job '${job.name}' does not fit: ${toText(result.issues)}`,
    );
  }
  return json;
}

/** What the handler gets. @throws UnrecoverableError when it does not fit: it never will. */
export async function parsePayload(job: Job, json: string): Promise<unknown> {
  const result = await job.payload['~standard'].validate(JSON.parse(json));
  if (result.issues === undefined) return result.value;
  throw new UnrecoverableError(`The payload of job '${job.name}' does not fit: ${toText(result.issues)}`);
}

function toText(issues: readonly StandardSchemaV1.Issue[]): string {
  return issues
    .slice(0, 10)
    .map(({ path = [], message }) => {
      const place = path.map((segment) => String(typeof segment === 'object' ? segment.key : segment)).join('.');
      return place === '' ? message : `${place}: ${message}`;
    })
    .join('; ');
}
