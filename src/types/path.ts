import type { Simplify } from './schema.ts';

/**
 * The converters a path parameter may name after a colon, and the type each one yields.
 *
 * `int` matches an optional `-` and decimal digits within the safe integer range and gives a number; `uuid` matches the
 * 8-4-4-4-12 hexadecimal form of RFC 9562 and gives the text. A segment that does not fit is not this route: the router
 * goes on to the next candidate and answers 404 when none is left.
 */
export interface PathConverters {
  int: number;
  uuid: string;
}

type ParamOf<T extends string> = T extends `*${infer N}`
  ? { [K in N]: string }
  : T extends `${infer N}:${infer C}`
    ? { [K in N]: C extends keyof PathConverters ? PathConverters[C] : string }
    : { [K in T]: string };

type BracesOf<P extends string> = P extends `${string}{${infer T}}${infer Rest}` ? ParamOf<T> & BracesOf<Rest> : {};

type SegmentParams<S extends string> = S extends `:${infer N}` ? { [K in N]: string } : BracesOf<S>;

type ColonParams<P extends string> = P extends `${infer S}/${infer Rest}`
  ? SegmentParams<S> & ColonParams<Rest>
  : SegmentParams<P>;

/**
 * The parameters a path template names, with their types.
 *
 * `{id}` and `:id` are text, `{id:int}` is a number, `{id:uuid}` is text of that form, `{*rest}` is the remaining path
 * without its leading slash. Values are percent-decoded once.
 *
 * @example
 * ```ts
 * import type { PathParams } from 'covet';
 *
 * const params: PathParams<'/users/{id:int}/files/{*rest}'> = { id: 7, rest: 'a/b.txt' };
 * ```
 */
export type PathParams<P extends string> = string extends P
  ? Readonly<Record<string, string>>
  : // Templates in braces are by far the most; only those with `/:` pay for a walk over the segments.
    Simplify<P extends `${string}/:${string}` ? ColonParams<P> : BracesOf<P>>;

type ConverterFault<P extends string> = P extends `${string}{${infer T}}${infer Rest}`
  ? T extends `${string}:${infer C}`
    ? C extends keyof PathConverters
      ? ConverterFault<Rest>
      : `path converter '${C}' is unknown: write {name}, {name:int}, {name:uuid} or {*name}`
    : ConverterFault<Rest>
  : never;

/** What is wrong with a path template, as text for the compiler to show; `never` when nothing is. */
type PathFault<P extends string> = string extends P
  ? never
  : P extends `/${string}`
    ? ConverterFault<P>
    : `a path starts with '/', unlike '${P}'`;

/** `P` itself when the template is sound, otherwise a sentence that says what is wrong with it. */
export type CheckedPath<P extends string> = [PathFault<P>] extends [never] ? P : PathFault<P>;
