/** Data of a session on its way into a store and out of it: JSON, checked by the schema on both ways. */
import type { StandardSchemaV1 } from '@standard-schema/spec';

import type { Schema } from '../types/schema.ts';
import { SessionError } from './session-error.ts';

/** Writes and reads the data of sessions. */
export class SessionData {
  readonly #schema: Schema | undefined;
  readonly #maxSize: number;

  constructor(schema: Schema | undefined, maxSize: number) {
    this.#schema = schema;
    this.#maxSize = maxSize;
  }

  /**
   * The text of data. What was given is kept, not what the schema makes of it: it is read by the schema again.
   *
   * @throws SessionError `SESSION_DATA_INVALID`.
   */
  async write(data: unknown): Promise<string> {
    const text = toJson(data);
    const size = Buffer.byteLength(text);
    if (size > this.#maxSize) {
      throw invalid(`it takes ${size} bytes, and maxDataSize is ${this.#maxSize}: keep a key to it instead`);
    }
    // Read back: a Date is text when it is read again, and the schema has to take it as such.
    const issues = (await this.#schema?.['~standard'].validate(JSON.parse(text)))?.issues;
    if (issues !== undefined) throw invalid(toText(issues));
    return text;
  }

  /** The data of a text. What does not fit the schema was written by another program than this one: it is no data. */
  async read(text: string | undefined): Promise<unknown> {
    if (text === undefined) return undefined;
    const data: unknown = JSON.parse(text);
    if (this.#schema === undefined) return data;
    const result = await this.#schema['~standard'].validate(data);
    return result.issues === undefined ? result.value : undefined;
  }
}

function toJson(data: unknown): string {
  let text: string | undefined;
  try {
    text = JSON.stringify(data);
  } catch (cause) {
    throw invalid('it is no JSON', { cause });
  }
  if (text === undefined) throw invalid(`${typeof data} is no JSON; delete() takes data away`);
  return text;
}

function invalid(reason: string, options?: { readonly cause: unknown }): SessionError {
  return new SessionError('SESSION_DATA_INVALID', `The data of a session cannot be kept: ${reason}`, options);
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
