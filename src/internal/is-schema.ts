import type { Schema } from '../types/schema.ts';

/** Whether a value is a schema of any library: an object, or a function as arktype has it, that speaks Standard Schema. */
export function isSchema(what: unknown): what is Schema {
  return (typeof what === 'object' || typeof what === 'function') && what !== null && '~standard' in what;
}
