import type { ReplyLike } from './reply.ts';

/**
 * Why a method does not fit the contract that decorates it.
 *
 * TypeScript opens every mismatch of a decorator's arguments with the same sentence about overloads, so the decorator takes
 * any method and states the fault as its return type: the compiler then prints that type first.
 */

/** The route decorator was put on something other than a public instance method. */
export type NotAMethod = 'a route goes on a public instance method, or on a field as: name = on(Route, handler)';

type SameKeyFault<Path extends string, Given, Asked> = {
  [K in keyof Asked & string]-?: K extends keyof Given
    ? [Given[K]] extends [Asked[K]]
      ? never
      : { readonly mismatch: `${Path}.${K}`; readonly contract: Given[K]; readonly method: Asked[K] }
    : undefined extends Asked[K]
      ? never
      : { readonly mismatch: `the contract has no '${Path}.${K}'` };
}[keyof Asked & string];

/** The parts a fault goes one level into, so that it names the field and not the whole object. A dependency stays whole. */
type FieldedPart = 'params' | 'query' | 'headers' | 'cookies' | 'body' | 'form' | 'files';

type PartFault<K extends string, Given, Asked> = K extends FieldedPart
  ? [SameKeyFault<K, Given, Asked>] extends [never]
    ? { readonly mismatch: K; readonly contract: Given; readonly method: Asked }
    : SameKeyFault<K, Given, Asked>
  : { readonly mismatch: K; readonly contract: Given; readonly method: Asked };

type ArgumentFault<Ctx, Asked> = {
  [K in keyof Asked & string]-?: K extends keyof Ctx
    ? [Ctx[K]] extends [Asked[K]]
      ? never
      : PartFault<K, Ctx[K], Asked[K]>
    : undefined extends Asked[K]
      ? never
      : { readonly mismatch: `the contract gives no '${K}'` };
}[keyof Asked & string];

type StatusOf<T> = T extends ReplyLike<infer Status> ? Status : never;

type UnknownStatus<R, Returns> = Exclude<StatusOf<R>, StatusOf<Returns>>;

type PlainOf<T> = Exclude<T, ReplyLike | Response>;

type MissingKeys<R, Wanted> = Exclude<
  { [K in keyof Wanted]-?: {} extends Pick<Wanted, K> ? never : K }[keyof Wanted],
  keyof R
>;

type ReturnFault<R, Returns> = [UnknownStatus<R, Returns>] extends [never]
  ? [PlainOf<R>] extends [Returns]
    ? { readonly mismatch: 'the reply'; readonly contract: Returns; readonly method: R }
    : [MissingKeys<PlainOf<R>, PlainOf<Returns>>] extends [never]
      ? { readonly mismatch: 'the returned value'; readonly contract: PlainOf<Returns>; readonly method: PlainOf<R> }
      : {
          readonly mismatch: `the returned value lacks '${MissingKeys<PlainOf<R>, PlainOf<Returns>> & string}'`;
          readonly contract: PlainOf<Returns>;
          readonly method: PlainOf<R>;
        }
  : { readonly mismatch: `the contract has no response of status ${UnknownStatus<R, Returns>}` };

/** `void` when the method `V` fits a contract that gives `Ctx` and allows `Returns`, otherwise what does not fit. */
export type DecoratorFault<V, Ctx, Returns> = V extends (...args: infer A) => infer R
  ? A extends readonly [unknown, unknown, ...unknown[]]
    ? { readonly mismatch: 'a route handler takes one argument' }
    : [Ctx] extends [A extends readonly [] ? unknown : A[0]]
      ? [Awaited<R>] extends [Returns]
        ? void
        : ReturnFault<Awaited<R>, Returns>
      : // Copied member by member, because the compiler would print a union of faults by the name of its alias.
        ArgumentFault<Ctx, A[0]> extends infer F
        ? F extends unknown
          ? { readonly [K in keyof F]: F[K] }
          : never
        : never
  : { readonly mismatch: NotAMethod };
