/** For each place of a request: how its raw values are found and coerced, decided once when the route is compiled. */
import type { FaultPlace } from '../error.ts';
import { Fields } from '../internal/fields.ts';
import { toJsonSchema } from '../internal/json-schema.ts';
import { andThen } from '../internal/promise.ts';
import type { Source } from '../types/injectable.ts';
import type { Schema } from '../types/schema.ts';
import { coerceFields, compileCoercer, compileFieldCoercion } from './coerce.ts';
import type { FieldCoercion } from './coerce.ts';
import type { InputName, RawInputs } from './raw-inputs.ts';

type Read = (raw: RawInputs) => unknown;

/** How a place is read. */
export interface Reader {
  readonly read: Read;
  readonly wireName: ((name: string) => string) | undefined;
}

/** The reader of one place of a route for its schema. */
export function readPlace(name: InputName, schema: Schema): Reader {
  if (name === 'body') return { read: (raw) => raw.body(), wireName: undefined };
  const coercion = compileFieldCoercion(schema);
  if (name === 'form') {
    return { read: (raw) => andThen(raw.form(), (fields) => coerceFields(coercion, fields)), wireName: undefined };
  }
  if (name === 'headers') return { read: pick((raw) => raw.headers(), coercion, toHeaderName), wireName: toHeaderName };
  if (name === 'cookies')
    return {
      read: pick(
        (raw) => raw.cookies(),
        coercion,
        (cookie) => cookie,
      ),
      wireName: undefined,
    };
  return { read: (raw) => coerceFields(coercion, raw[name]()), wireName: undefined };
}

/** The reader of one dependency source, as an input of its own. */
export function readSource(source: Source<unknown>): Reader & {
  readonly place: FaultPlace;
  readonly schema: Schema | undefined;
  readonly prefix: readonly string[];
} {
  const { schema } = source;
  if (source.in === 'request' || source.in === 'response') {
    const which = source.in;
    return { place: 'body', schema: undefined, prefix: [], read: (raw) => raw[which], wireName: undefined };
  }
  if (source.in === 'body') {
    return { place: 'body', schema, prefix: [], read: (raw) => raw.body(), wireName: undefined };
  }
  const name = source.in === 'header' ? toHeaderName(source.name) : source.name;
  const find = finders[source.in];
  const jsonSchema = schema === undefined ? undefined : toJsonSchema(schema, 'input');
  const coercer = jsonSchema === undefined ? undefined : compileCoercer(jsonSchema);
  const read: Read =
    coercer !== undefined
      ? (raw) => coercer(own(find(raw), name))
      : schema !== undefined
        ? (raw) => own(find(raw), name)
        : // Typed as text: of a repeated name the first value counts, as in `req.query`.
          (raw) => first(own(find(raw), name));
  return { place: source.in, schema, prefix: [name], read, wireName: undefined };
}

const finders: Readonly<Record<'header' | 'query' | 'cookie' | 'path', (raw: RawInputs) => object>> = {
  header: (raw) => raw.headers(),
  query: (raw) => raw.query(),
  cookie: (raw) => raw.cookies(),
  path: (raw) => raw.params(),
};

/**
 * The header a declared name stands for: `tenant_id` and `tenantId` are `tenant-id`.
 *
 * Only that one is read, never a header spelled `tenant_id`: proxies that check `Tenant-Id` let the underscored
 * spelling pass, and reading both would let a client choose.
 */
export function toHeaderName(name: string): string {
  const words = /[a-z][A-Z]/.test(name) && !name.includes('-') ? name.replace(/([a-z0-9])([A-Z])/g, '$1-$2') : name;
  return words.replaceAll('_', '-').toLowerCase();
}

/**
 * Reads the declared names only, since every request carries headers and cookies no route declares and a strict schema
 * would refuse; a schema open to further names, or silent about its names, gets all.
 */
function pick(
  all: (raw: RawInputs) => Readonly<Record<string, string>>,
  coercion: FieldCoercion | undefined,
  toWireName: (name: string) => string,
): Read {
  if (coercion === undefined) return (raw) => coerceFields(undefined, all(raw));
  const fields = coercion.names.map((name) => ({
    name,
    wireName: toWireName(name),
    coercer: coercion.coercers.get(name),
  }));
  return (raw) => {
    const values = all(raw);
    const picked = coercion.open ? coerceFields(coercion, values) : new Fields<unknown>();
    for (const { name, wireName, coercer } of fields) {
      const value = own(values, wireName);
      if (value !== undefined) picked[name] = coercer === undefined ? value : coercer(value);
    }
    return picked;
  };
}

function own(values: object, name: string): unknown {
  return Object.hasOwn(values, name) ? (values as Record<string, unknown>)[name] : undefined;
}

function first(value: unknown): unknown {
  return Array.isArray(value) ? value[0] : value;
}
