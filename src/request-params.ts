/** The path parameters of a route in, their values in a slot out. */
import { Fields } from './internal/fields.ts';
import type { Slots } from './native/slots.ts';

/** One parameter, in the order of the path. */
export interface PathParam {
  readonly name: string;
  readonly isInt: boolean;
}

/** The values under their names, on an object without prototype. */
export function readParams(params: readonly PathParam[], slots: Slots, slot: number): Record<string, string | number> {
  const values = new Fields<string | number>();
  for (let index = 0; index < params.length; index++) {
    const { name, isInt } = params[index]!;
    values[name] = isInt ? slots.intParam(slot, index) : slots.textParam(slot, index);
  }
  return values;
}
