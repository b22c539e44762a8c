/** What the serialiser is composed of: one node a schema, each turning a value into JSON text or refusing it. */

/**
 * Writes a value as JSON from `at` on and gives the place after it; see scratch.ts.
 * Throws {@link SerialiseFault} for a value its schema does not declare; what was written by then does not count.
 */
export type Write = (value: unknown, at: number) => number;

/** One compiled schema. */
export interface Node {
  readonly write: Write;
  /** How messages name what is expected. */
  readonly expects: string;
  /** Whether a missing value is no fault: the schema says nothing of it. */
  readonly allowsMissing?: boolean | undefined;
  /** A cheap look: false when `write` would certainly refuse. Unions ask it before they try. */
  readonly mayFit: (value: unknown) => boolean;
  /** The values inside with their nodes. Only asked after a refusal, to say where it was. */
  readonly parts?: ((value: object) => Iterable<Part>) | undefined;
}

/** A value inside another. */
export interface Part {
  readonly key: string | number;
  readonly value: unknown;
  readonly node: Node;
}

/** A value that does not fit the schema it is serialised by. Its message names types, never values. */
export class SerialiseFault extends Error {
  /** Keys from the root to the place. */
  readonly path: readonly (string | number)[];
  readonly reason: string;

  constructor(reason: string, path: readonly (string | number)[] = [], cause?: unknown) {
    super(path.length === 0 ? reason : `${path.join('.')}: ${reason}`, cause === undefined ? undefined : { cause });
    this.path = path;
    this.reason = reason;
  }
}

Object.defineProperty(SerialiseFault.prototype, 'name', {
  value: 'SerialiseFault',
  configurable: true,
  writable: true,
});

/** Refuses a value; the one way a node does so. */
export function refuse(expects: string, value: unknown): never {
  throw new SerialiseFault(
    value === undefined ? `missing, expected ${expects}` : `expected ${expects}, got ${kindOf(value)}`,
  );
}

/** The JSON kind of a value, in words. */
export function kindOf(value: unknown): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'array';
  if (typeof value === 'number' && !Number.isFinite(value)) return String(value);
  if (value instanceof Map) return 'Map';
  if (value instanceof Set) return 'Set';
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? 'an invalid Date' : 'Date';
  return typeof value;
}

/** The value an object with a `toJSON` method stands for (`Date`, `URL`, decimals, documents); others unchanged. */
export function unwrap(value: object): unknown {
  const { toJSON } = value as { readonly toJSON?: unknown };
  return typeof toJSON === 'function' ? toJSON.call(value) : value;
}

/** Says where in `value` the refusal was, by asking the parts again, which writes over what was written. */
export function locate(node: Node, value: unknown, fault: SerialiseFault): SerialiseFault {
  const path: (string | number)[] = [];
  let reason = fault.reason;
  let at: Part | undefined = { key: '', value, node };
  while (at !== undefined) {
    const inner = faultyPart(at);
    if (inner === undefined) break;
    path.push(inner.part.key);
    reason = inner.reason;
    at = inner.part;
  }
  return new SerialiseFault(reason, path);
}

function faultyPart({ node, value }: Part): { part: Part; reason: string } | undefined {
  if (node.parts === undefined || typeof value !== 'object' || value === null) return undefined;
  const object = unwrap(value);
  if (typeof object !== 'object' || object === null) return undefined;
  for (const part of node.parts(object)) {
    try {
      if (part.value !== undefined || part.node.allowsMissing !== true) part.node.write(part.value, 0);
    } catch (error) {
      return { part, reason: error instanceof SerialiseFault ? error.reason : 'cannot be serialised' };
    }
  }
  return undefined;
}
