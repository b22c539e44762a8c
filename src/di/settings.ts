/** The environment, checked once by schema: strings go in, a frozen object of the schema's type comes out. */
import { isThenable } from '../internal/promise.ts';
import type { Dep } from '../types/injectable.ts';
import type { MaybePromise, OutputOf, Schema } from '../types/schema.ts';
import { coerceFields, compileFieldCoercion } from '../validation/coerce.ts';
import type { FieldCoercion } from '../validation/coerce.ts';
import { isSensitiveName } from '../validation/redact.ts';
import { DependencyError } from './dependency-error.ts';
import { Depends } from './depends.ts';
import { weaknessOf } from './secret.ts';
import { SettingsError } from './settings-error.ts';
import type { SettingsFault } from './settings-error.ts';

/** Options of {@link defineSettings}. */
export interface SettingsOptions {
  /** Where to read from, when the settings are first needed. Default `process.env`. */
  readonly env?: Readonly<Record<string, string | undefined>> | undefined;
  /** What error messages call the settings. Default `'settings'`. */
  readonly name?: string | undefined;
  /** `'any'` accepts weak values for variables with SECRET in their name. Default `'strong'`; see `weaknessOf`. */
  readonly secrets?: 'strong' | 'any' | undefined;
}

type Environment = Record<string, string>;

const allSettings = new WeakSet<object>();

/** Whether `value` was made by {@link defineSettings}. */
export function isSettings(value: unknown): boolean {
  return typeof value === 'object' && value !== null && allSettings.has(value);
}

/**
 * Settings from environment variables, as a singleton dependency: in `deps`, in the needs of another dependency, or
 * by inject(). At boot all settings in use are read, and one SettingsError names every fault of them all.
 *
 * What the schema declares as number, integer, boolean (`true`, `false`, `1`, `0`) or list (separated by commas) is
 * read from the text, if the schema can tell (zod, arktype, or any Standard Schema with JSON Schema). A variable that
 * is empty counts as not set. Only declared variables are read. The result is frozen, and printing it or writing it
 * as JSON hides values whose names are those of secrets; so do the error messages with every value.
 *
 * Variables with SECRET in their name need a strong value: 32 characters or more, not a repetition.
 *
 * @example
 * ```ts
 * import { Depends, defineSettings } from 'covet';
 * import { z } from 'zod';
 *
 * const Settings = defineSettings(
 *   z.object({
 *     DATABASE_URL: z.string(),
 *     PORT: z.int().min(0).max(65535).default(3000),
 *     DEBUG: z.boolean().default(false),
 *   }),
 * );
 * const database = Depends({ settings: Settings }, ({ settings }) => new URL(settings.DATABASE_URL), {
 *   scope: 'singleton',
 * });
 * ```
 */
export function defineSettings<S extends Schema<any, object>>(
  schema: S,
  options: SettingsOptions = {},
): Dep<Readonly<OutputOf<S>>> {
  const name = options.name ?? 'settings';
  const settings = Depends((): MaybePromise<Readonly<OutputOf<S>>> => readSettings(schema, name, options), {
    scope: 'singleton',
    name,
  }) as Dep<Readonly<OutputOf<S>>>;
  allSettings.add(settings);
  return settings;
}

function readSettings<S extends Schema>(
  schema: S,
  name: string,
  options: SettingsOptions,
): MaybePromise<Readonly<OutputOf<S>>> {
  const coercion = compileFieldCoercion(schema);
  const environment = pick(options.env ?? process.env, coercion);
  const fields = coerceFields(coercion, environment);
  for (const [variable, coercer] of coercion?.coercers ?? []) {
    const text = environment[variable];
    if (text !== undefined && Array.isArray(fields[variable])) {
      fields[variable] = coercer(text.split(',').map((item) => item.trim()));
    }
  }
  const settle = (result: Awaited<ReturnType<Schema['~standard']['validate']>>): Readonly<OutputOf<S>> => {
    const faults = result.issues
      ? result.issues.map((issue) => toFault(issue, name, environment))
      : options.secrets === 'any'
        ? []
        : weakSecrets(result.value);
    if (faults.length > 0) throw new SettingsError(faults);
    return toFrozen((result as { value: OutputOf<S> }).value, name);
  };
  const result = schema['~standard'].validate(fields);
  return isThenable(result) ? Promise.resolve(result).then(settle) : settle(result);
}

/** The declared variables that are set; all of them when the schema cannot tell, or takes any. */
function pick(env: Readonly<Record<string, string | undefined>>, coercion: FieldCoercion | undefined): Environment {
  const environment: Environment = {};
  const names = coercion === undefined || coercion.open ? Object.keys(env) : coercion.names;
  for (const name of names) {
    const text = env[name];
    if (text !== undefined && text !== '') environment[name] = text;
  }
  return environment;
}

type Issue = {
  readonly message: string;
  readonly path?: readonly (PropertyKey | { readonly key: PropertyKey })[] | undefined;
};

function toFault(issue: Issue, name: string, environment: Environment): SettingsFault {
  const path = (issue.path ?? []).map((part) => String(typeof part === 'object' ? part.key : part));
  const [variable] = path;
  const isMissing = variable !== undefined && path.length === 1 && environment[variable] === undefined;
  const message = isTelling(issue.message, variable, environment)
    ? 'does not fit its schema (the reason is withheld, for it repeats a value)'
    : issue.message;
  return { variable: path.join('.') || name, message: isMissing ? `is not set: ${message}` : message };
}

/**
 * Whether a message repeats a value. Libraries quote what they refuse, and a custom rule can quote a part: of values
 * whose names say that they are secret, a run of six characters is enough; the address of a database has its password
 * in it.
 */
function isTelling(message: string, variable: string | undefined, environment: Environment): boolean {
  return Object.entries(environment).some(([name, value]) => {
    if (isSecretName(name) && value.length > 6) {
      for (let at = 0; at + 6 <= value.length; at += 1) if (message.includes(value.slice(at, at + 6))) return true;
      return false;
    }
    // Shorter values of other variables would be found in any text.
    return value.length >= (name === variable ? 3 : 6) && message.includes(value);
  });
}

function isSecretName(name: string): boolean {
  return isSensitiveName(name) || /key|url|uri|dsn|salt|connection/i.test(name);
}

function weakSecrets(value: unknown): SettingsFault[] {
  return Object.entries(value as object).flatMap(([variable, secret]): SettingsFault[] => {
    const weakness = /secret/i.test(variable) && typeof secret === 'string' ? weaknessOf(secret) : undefined;
    return weakness === undefined ? [] : [{ variable, message: weakness }];
  });
}

function toFrozen<T>(value: T, name: string): Readonly<T> {
  if (typeof value !== 'object' || value === null) {
    throw new DependencyError('DEPENDENCY_ERROR', `The schema of ${name} must give an object, not ${typeof value}`);
  }
  const settings = { ...value };
  for (const key of Object.keys(settings) as (keyof typeof settings)[]) settings[key] = frozenCopy(settings[key]);
  const shown = (): object =>
    Object.fromEntries(Object.entries(settings).map(([key, item]) => [key, toShown(key, item)]));
  // Not enumerable, so that a spread or a comparison sees the settings alone.
  for (const key of ['toJSON', Symbol.for('nodejs.util.inspect.custom')]) {
    Object.defineProperty(settings, key, { value: shown });
  }
  return Object.freeze(settings);
}

function toShown(name: string, value: unknown): unknown {
  return value !== undefined && isSecretName(name) ? '[redacted]' : value;
}

/** Lists and plain objects are frozen as copies, since a schema's default may be shared; other values stay as they are. */
function frozenCopy<T>(value: T): T {
  if (Array.isArray(value)) return Object.freeze(value.map(frozenCopy)) as T;
  if (typeof value !== 'object' || value === null || Object.getPrototypeOf(value) !== Object.prototype) return value;
  return Object.freeze(Object.fromEntries(Object.entries(value).map(([key, item]) => [key, frozenCopy(item)]))) as T;
}
