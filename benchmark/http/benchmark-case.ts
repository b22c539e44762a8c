import type { PeerName, Suite } from './peers.ts';
import type { ServerEvent } from './servers/bodies/fixtures.ts';

/** A request as every load generator is told it; `Host`, `Connection` and `Content-Length` are theirs to add. */
export interface HttpRequest {
  readonly method: 'GET' | 'POST';
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array;
}

/** JSON of these bytes; under a content coding, it is at most `maxBytes` on the wire. */
export interface ExpectedJson {
  readonly status: number;
  readonly body: string;
  readonly coding?: 'gzip' | 'br';
  readonly maxBytes?: number;
}

/** These very bytes. */
export interface ExpectedBytes {
  readonly status: number;
  readonly contentType: string;
  readonly bytes: Uint8Array;
  /** Whether they come in chunks; absent: with their length. */
  readonly isChunked?: boolean;
}

/** An event stream of these events. */
export interface ExpectedEvents {
  readonly status: number;
  readonly events: readonly ServerEvent[];
}

/** What a server must answer: one of these to the byte, or any refusal from 400 to 499. */
export type Expected = ExpectedJson | ExpectedBytes | ExpectedEvents | 'client error';

/**
 * What the database itself has to say of a request: by how much the number that a query gives has risen through it, or
 * what it is after it.
 */
export type Evidence =
  | { readonly query: string; readonly rises: number }
  | { readonly query: string; readonly is: number };

/** One question asked before a server is timed. */
export interface Check {
  readonly name: string;
  readonly request: HttpRequest;
  readonly expected: Expected;
  readonly evidence?: readonly Evidence[];
  /** Asked so many times at once, on as many connections. Default 1. */
  readonly atOnce?: number;
}

export type RouteCaseId = 'hello' | 'user' | 'create';
export type BodyCaseId =
  | 'stream-out'
  | 'stream-in'
  | 'upload'
  | 'upload-form'
  | 'download'
  | 'gzip'
  | 'brotli'
  | 'static-small'
  | 'static-large'
  | 'events'
  | 'ticks';
export type DataCaseId = 'row' | 'page' | 'updates' | 'cached';
export type CaseId = RouteCaseId | BodyCaseId | DataCaseId;

/** One thing to measure: the request sent over and over, and the questions a server must answer rightly before. */
export interface BenchmarkCase {
  readonly id: CaseId;
  readonly suite: Suite;
  readonly title: string;
  /** Measured at each of these, unless the command line says otherwise. */
  readonly connections: readonly number[];
  /** Who takes part; absent: everybody who has a program for the suite. */
  readonly servers?: readonly PeerName[];
  readonly request: HttpRequest;
  readonly checks: readonly Check[];
  /** A check that is another one each time, for what is cold only once. */
  readonly nextCheck?: () => Check;
  /** What one answer carries, to be told as a speed of its own. */
  readonly carries?: { readonly unit: 'MiB/s' | 'events/s'; readonly amount: number };
  /**
   * `requests` (the default): each connection asks again when it is answered. `events`: each connection listens to one
   * answer that does not end; events count, and how long each was under way.
   */
  readonly load?: 'requests' | 'events';
  /** Work that Covet does in Rust and others in JavaScript: more is required of it. */
  readonly isRust?: boolean;
}
