/** Reads the vectors that the crates and the framework are both held against. */
import { readFileSync } from 'node:fs';
import path from 'node:path';

/** One vector of gate.json; its header says what each field means. */
export interface GateVector {
  readonly name: string;
  readonly raw: RawBytes;
  readonly status: VectorStatus;
  readonly next?: readonly VectorStatus[];
  readonly interim?: false;
}

export type VectorStatus = number | 'ok';
export type RawBytes = string | readonly (string | readonly [string, number])[];

/** One suite of router.json. */
export interface RouterSuite {
  readonly name: string;
  readonly trailing_slash: 'strict' | 'ignore' | 'redirect';
  readonly routes: readonly (readonly [string, string])[];
  readonly cases: readonly RouterCase[];
}

export interface RouterCase {
  readonly method: string;
  readonly path: string;
  readonly canonical?: string | null;
  readonly expect: {
    readonly status: number;
    readonly route?: string;
    readonly params?: Readonly<Record<string, string | number>>;
    readonly allow?: string;
    readonly location?: string;
  };
}

export interface RefusedRoute {
  readonly routes: readonly (readonly [string, string])[];
  readonly route: readonly [string, string];
  readonly code: string;
  readonly message: readonly string[];
}

export interface RouterVectors {
  readonly suites: readonly RouterSuite[];
  readonly refused: readonly RefusedRoute[];
}

function read(file: string): unknown {
  return JSON.parse(readFileSync(path.join(import.meta.dirname, '..', 'vectors', file), 'utf8'));
}

export const gateVectors = (): readonly GateVector[] => (read('gate.json') as { vectors: GateVector[] }).vectors;

export const routerVectors = (): RouterVectors => read('router.json') as RouterVectors;

/** A vector's bytes: each character one byte, `[text, times]` repeated. */
export function toBytes(raw: RawBytes): Buffer {
  const text = typeof raw === 'string' ? raw : raw.map((part) => expand(part)).join('');
  return Buffer.from(text, 'latin1');
}

const expand = (part: string | readonly [string, number]): string =>
  typeof part === 'string' ? part : part[0].repeat(part[1]);
