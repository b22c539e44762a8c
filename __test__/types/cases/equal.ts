/** Whether two types are one and the same: `any`, `readonly` and optional marks count. */
export type Eq<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;

/** Compiles only for `true`. */
export const is = <T extends true>(_value?: T): void => {};
