import type { PathParams } from './path.ts';
import type { FieldOf, MethodsSpec, ReservedName } from './route-spec.ts';
import type { InputOf, Schema } from './schema.ts';

/**
 * Demands on a spec that its own type cannot state, each as a field whose type is a sentence.
 * A spec that breaks one is not assignable to that sentence, and the compiler prints it.
 */

type ParamsFault<Given, Named> = string extends Given | Named
  ? never
  : [Given] extends [Named]
    ? [Named] extends [Given]
      ? never
      : `the schema lacks '${Exclude<Named, Given> & string}', a parameter of the path`
    : `the path has no parameter '${Exclude<Given, Named> & string}'`;

/** Compile error when the `params` schema and the path template name different parameters; `unknown` when they agree. */
export type ParamsMatch<P extends string, S> =
  FieldOf<S, 'params'> extends infer Params extends Schema
    ? [ParamsFault<keyof InputOf<Params>, keyof PathParams<P>>] extends [never]
      ? unknown
      : { readonly params: ParamsFault<keyof InputOf<Params>, keyof PathParams<P>> }
    : unknown;

type DepsFault<S> = keyof FieldOf<S, 'deps'> & ReservedName extends infer Taken extends string
  ? [Taken] extends [never]
    ? unknown
    : {
        readonly deps: {
          readonly [K in Taken]: `'${K}' is a part of the request: give this dependency another name`;
        };
      }
  : unknown;

type FieldFault<S, Allowed> = [Exclude<keyof S, Allowed>] extends [never]
  ? unknown
  : { readonly [K in Exclude<keyof S, Allowed>]: `a route has no field '${K & string}'` };

/** What a route's spec must be beside a `RouteSpec`; `unknown` when nothing is wrong. */
export type SpecCheck<P extends string, S, Allowed = Exclude<keyof MethodsSpec, 'methods'>> = ParamsMatch<P, S> &
  DepsFault<S> &
  FieldFault<S, Allowed>;
