/** The words of the matrix: one request, one response, and what an application does, whichever way it is asked. */
import type { Covet, CovetOptions } from '../../src/index.ts';

/** What a request may carry. A stream is made anew for each way it is sent. */
export type MatrixBody =
  | string
  | ArrayBuffer
  | Uint8Array<ArrayBuffer>
  | DataView<ArrayBuffer>
  | Blob
  | URLSearchParams
  | FormData
  | (() => AsyncIterable<Uint8Array>);

/** A request. */
export interface MatrixRequest {
  readonly url: string;
  /** Default `GET`. */
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: MatrixBody;
  /** Asked by `https`. */
  readonly isSecure?: boolean;
}

/** A response. */
export interface MatrixResponse {
  readonly status: number;
  /** Under lower-case names, lines of one name joined; without `set-cookie`. */
  readonly headers: Readonly<Record<string, string>>;
  readonly cookies: readonly string[];
  readonly body: Buffer;
  /** Whether the body came to its end. */
  readonly isWhole: boolean;
  readonly trailers: Readonly<Record<string, string>>;
  readonly text: string;
  /** The body parsed. */
  readonly json: any;
}

/** Sends a request, or a `GET` of a path, and reads all of the response. */
export type Send = (request: MatrixRequest | string) => Promise<MatrixResponse>;

/** Something an application does. Throws where it does not. */
export type Behaviour = (send: Send) => Promise<void>;

/** Behaviours of one application, by what they are. */
export interface BehaviourGroup {
  readonly name: string;
  readonly options?: Omit<CovetOptions, 'logger'>;
  /** Registers the routes. Made once a way, so that nothing of one shows in another. */
  readonly register: (app: Covet) => void;
  readonly behaviours: Readonly<Record<string, Behaviour>>;
}
