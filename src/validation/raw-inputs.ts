/** What validation is given: the raw parts of a request, and the schemas a route has for them. */
import type { MaybePromise, Schema } from '../types/schema.ts';

/** The request's parts as they came, each read only when a schema or a source asks for it. */
export interface RawInputs {
  params(): Readonly<Record<string, unknown>>;
  query(): Readonly<Record<string, string | readonly string[]>>;
  /** Under lower-case names. */
  headers(): Readonly<Record<string, string>>;
  cookies(): Readonly<Record<string, string>>;
  /** The parsed JSON body, undefined when there is none. May throw (400, 413, 415) and may be a promise. */
  body(): unknown;
  /**
   * The fields of the form that is the body, a list for each repeated name; none of an empty body. May throw (400, 413,
   * 415) and may be a promise. Whatever encoding they came in, the route's schema is for these.
   */
  form(): MaybePromise<Readonly<Record<string, string | readonly string[]>>>;
  readonly request: unknown;
  /** The response that is to come. */
  readonly response: unknown;
}

/** The parts of a route's contract that describe inputs. */
export interface InputSchemas {
  readonly params?: Schema | undefined;
  readonly query?: Schema | undefined;
  readonly headers?: Schema | undefined;
  readonly cookies?: Schema | undefined;
  readonly body?: Schema | undefined;
  readonly form?: Schema | undefined;
}

/** The names under which validated values are handed to the handler. */
export type InputName = keyof InputSchemas;
