import type { PathParams } from './path.ts';
import type { FieldOf, MethodsSpec, ReservedName } from './route-spec.ts';
import type { InputOf, Schema } from './schema.ts';
import type { FilesSpec } from './upload.ts';

/**
 * Demands on a spec that its own type cannot state. Each fault is a field whose type is a sentence: the spec is not
 * assignable to the sentence, and the compiler prints it beside the field.
 */

type ParamsFault<Given, Named> = string extends Given | Named
  ? never
  : [Given] extends [Named]
    ? [Named] extends [Given]
      ? never
      : { readonly params: `the schema lacks '${Exclude<Named, Given> & string}', a parameter of the path` }
    : { readonly params: `the path has no parameter '${Exclude<Given, Named> & string}'` };

/** The fault of a `params` schema that names other parameters than the path template; `never` when they agree. */
export type ParamsMatch<P extends string, S> =
  FieldOf<S, 'params'> extends infer Params extends Schema
    ? ParamsFault<keyof InputOf<Params>, keyof PathParams<P>>
    : never;

type DepsFault<Taken> = [Taken] extends [never]
  ? never
  : {
      readonly deps: {
        readonly [K in Taken & string]: `'${K}' is a part of the request: give this dependency another name`;
      };
    };

type BodiesFault<S> = [FieldOf<S, 'body'>] extends [Schema]
  ? [FieldOf<S, 'form'>] extends [Schema]
    ? { readonly form: "a request has one body: take 'body' for JSON or 'form' for a form, not both" }
    : [FieldOf<S, 'files'>] extends [FilesSpec]
      ? { readonly files: "a request has one body: take 'form' for the fields beside 'files', not 'body'" }
      : never
  : never;

type FieldFault<Unknown> = [Unknown] extends [never]
  ? never
  : { readonly [K in Unknown & string]: `a route has no field '${K}'` };

type ResponseFault<Keys> = [Keys] extends [never]
  ? never
  : { readonly response: { readonly [K in Keys & string]: `the keys of a response map are statuses, unlike '${K}'` } };

type SpecFault<P extends string, S, Allowed> =
  | ParamsMatch<P, S>
  | BodiesFault<S>
  | DepsFault<keyof FieldOf<S, 'deps'> & ReservedName>
  | ResponseFault<
      FieldOf<S, 'response'> extends infer R ? (R extends Schema ? never : Exclude<keyof R, number>) : never
    >
  | FieldFault<Exclude<keyof S, Allowed>>;

/** `S` itself when the spec is sound, otherwise what is wrong with it. */
export type CheckedSpec<P extends string, S, Allowed = Exclude<keyof MethodsSpec, 'methods'>> = [
  SpecFault<P, S, Allowed>,
] extends [never]
  ? S
  : SpecFault<P, S, Allowed>;
