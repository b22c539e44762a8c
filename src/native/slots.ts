/**
 * A JS thread's view of the memory it shares with the I/O threads.
 * In: requests as the Rust side wrote them. Out: replies, written where the Rust side reads them.
 * Everything here is plain reads and writes; only `flush` and what does not fit a slot crosses the border.
 */
import {
  FLAG_BODY_ELSEWHERE,
  FLAG_HEAD_ELSEWHERE,
  FLAG_PATH_UTF8,
  FLAG_SECURE,
  INPUT_OFFSET,
  INT_ALLOW,
  INT_BODY,
  INT_FLAGS,
  INT_HEADERS,
  INT_METHOD,
  INT_PARAMS,
  INT_PATH,
  INT_QUERY,
  INT_REMOTE,
  INT_REMOTE_ADDRESS,
  INT_REPLY_BODY,
  INT_REPLY_HEADERS,
  INT_ROUTE,
  INT_STATUS,
  INT_TYPE,
  OUTPUT_OFFSET,
  SLOT_BYTES,
} from './index.ts';
import type { NativeServer } from './index.ts';
import type { IpNumbers } from './ip-text.ts';
import { toOwnBytes } from './own-bytes.ts';

/** Methods by the number a slot has for them. */
const METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'] as const;

/** Content types that cross the border as a number. The Rust side has the same list; a test compares the two. */
export const CONTENT_TYPES: readonly string[] = [
  '',
  'application/json',
  'text/plain; charset=utf-8',
  'text/html; charset=utf-8',
  'application/octet-stream',
  'application/problem+json',
];

const OUTPUT_BYTES = SLOT_BYTES - OUTPUT_OFFSET;

/** UTF-8 takes at most this many bytes for one UTF-16 unit. */
const UTF8_MOST = 3;

/** What `Buffer` has in every Node, and its types leave out: one copy less than `toString` and `write`. */
interface RawBuffer extends Buffer {
  latin1Slice(start: number, end: number): string;
  utf8Slice(start: number, end: number): string;
  latin1Write(text: string, offset: number): number;
  utf8Write(text: string, offset: number): number;
}

/** A body as it is sent. */
export type Payload = string | Uint8Array | undefined;

export class Slots {
  readonly count: number;
  readonly #server: NativeServer;
  readonly #memory: RawBuffer;
  readonly #ints: Int32Array;
  readonly #floats: Float64Array;
  readonly #slotsOffset: number;
  /** Heads that did not fit, taken once a request. */
  readonly #heads = new Map<number, RawBuffer>();
  #done = 0;

  constructor(server: NativeServer) {
    const memory = server.memory() as RawBuffer;
    this.count = server.slots;
    this.#server = server;
    this.#memory = memory;
    this.#ints = new Int32Array(memory.buffer, memory.byteOffset, memory.byteLength >> 2);
    this.#floats = new Float64Array(memory.buffer, memory.byteOffset, memory.byteLength >> 3);
    this.#slotsOffset = server.slotsOffset;
  }

  /** Event word `index` of the batch list, which lies behind the done list. */
  event(index: number): number {
    return this.#ints[this.count + index]!;
  }

  /** The route's number, or a `MISS_*` value. */
  route(slot: number): number {
    return this.#int(slot, INT_ROUTE);
  }

  method(slot: number): string {
    return METHODS[this.#int(slot, INT_METHOD)]!;
  }

  /** The canonical path. */
  path(slot: number): string {
    return this.#path(slot, 0, this.#int(slot, INT_PATH));
  }

  /** Whether the path has characters beyond ASCII, so that its bytes in the head are not its text. */
  isPathUtf8(slot: number): boolean {
    return (this.#int(slot, INT_FLAGS) & FLAG_PATH_UTF8) !== 0;
  }

  /** Bytes of the path. */
  pathLength(slot: number): number {
    return this.#int(slot, INT_PATH);
  }

  /** Bytes of the raw query, without `?`. */
  queryLength(slot: number): number {
    return this.#int(slot, INT_QUERY);
  }

  /**
   * The head as Latin-1 text, a character a byte: path, raw query, and the header block, which is a line feed, then
   * `name:value` and a line feed for each field. In one piece, since a slice costs much the same whatever its length.
   */
  head(slot: number): string {
    const at = this.#at(slot, 0);
    const ints = this.#ints;
    return this.#head(slot, 0, ints[at + INT_PATH]! + ints[at + INT_QUERY]! + ints[at + INT_HEADERS]!);
  }

  /** The `Allow` value of a miss. */
  allow(slot: number): string {
    const start = this.#int(slot, INT_PATH) + this.#int(slot, INT_QUERY) + this.#int(slot, INT_HEADERS);
    return this.#head(slot, start, this.#int(slot, INT_ALLOW));
  }

  /** Parameter `index` of an `int` kind. */
  intParam(slot: number, index: number): number {
    return this.#floats[(this.#slotsOffset + slot * SLOT_BYTES + INT_PARAMS * 4 + index * 8) >> 3]!;
  }

  /** Parameter `index` of any other kind, decoded. */
  textParam(slot: number, index: number): string {
    const start = this.#int(slot, INT_PARAMS + index * 2);
    const text = this.#path(slot, start, this.#int(slot, INT_PARAMS + index * 2 + 1) - start);
    // A canonical path keeps two escapes, of the slash and of the percent sign; here they are decoded, the one time.
    return text.includes('%') ? decodeURIComponent(text) : text;
  }

  /** Whether the client spoke `https`, as a trusted proxy says. */
  isSecure(slot: number): boolean {
    return (this.#int(slot, INT_FLAGS) & FLAG_SECURE) !== 0;
  }

  /** The client's address as numbers, for {@link toIpText}. */
  ip(slot: number): IpNumbers {
    const at = this.#at(slot, INT_REMOTE_ADDRESS);
    const kind = this.#int(slot, INT_REMOTE);
    if (kind === 4) return this.#ints[at]!;
    return this.#ints.slice(at, kind === 6 ? at + 4 : at);
  }

  /** Bytes of the body; -1 where it comes in pieces. */
  bodyLength(slot: number): number {
    return this.#int(slot, INT_BODY);
  }

  /** The body. Valid until the reply: a small one lies in the slot, which another request will have then. */
  body(slot: number): Uint8Array {
    if ((this.#int(slot, INT_FLAGS) & FLAG_BODY_ELSEWHERE) !== 0) {
      const body = this.#server.takeBody(slot);
      if (body === null) throw new Error('The body was taken already');
      return body;
    }
    const ints = this.#at(slot, 0);
    const head =
      this.#ints[ints + INT_PATH]! +
      this.#ints[ints + INT_QUERY]! +
      this.#ints[ints + INT_HEADERS]! +
      this.#ints[ints + INT_ALLOW]!;
    const start = this.#slotsOffset + slot * SLOT_BYTES + INPUT_OFFSET + head;
    return this.#memory.subarray(start, start + this.#ints[ints + INT_BODY]!);
  }

  /**
   * Writes a reply and puts the slot on the done list. `type` is an index into {@link CONTENT_TYPES}; `headers` is a
   * header block of checked, Latin-1 text.
   */
  reply(slot: number, status: number, type: number, headers: string, body: Payload): void {
    const at = this.#at(slot, 0);
    const ints = this.#ints;
    ints[at + INT_STATUS] = status;
    ints[at + INT_TYPE] = type;
    const most = body === undefined ? 0 : typeof body === 'string' ? body.length * UTF8_MOST : body.byteLength;
    if (headers.length + most <= OUTPUT_BYTES) {
      const output = this.#slotsOffset + slot * SLOT_BYTES + OUTPUT_OFFSET;
      ints[at + INT_REPLY_HEADERS] = headers === '' ? 0 : this.#memory.latin1Write(headers, output);
      ints[at + INT_REPLY_BODY] = this.#writeBody(body, output + headers.length);
    } else {
      this.#server.putReplyHeaders(slot, Buffer.from(headers, 'latin1'));
      // A body that comes in pieces is there already.
      if (body !== undefined) {
        this.#server.putReplyBody(slot, typeof body === 'string' ? Buffer.from(body) : toOwnBytes(body));
      } else ints[at + INT_REPLY_BODY] = 0;
    }
    if (this.#heads.size > 0) this.#heads.delete(slot);
    ints[this.#done++] = slot;
  }

  /** Slots on the done list. */
  get done(): number {
    return this.#done;
  }

  /** Sends the done list on its way. */
  flush(): void {
    const done = this.#done;
    if (done === 0) return;
    this.#done = 0;
    this.#server.flush(done);
  }

  #writeBody(body: Payload, offset: number): number {
    if (body === undefined) return 0;
    if (typeof body === 'string') return body === '' ? 0 : this.#memory.utf8Write(body, offset);
    // Also bytes whose memory was given to another thread, which cannot even be copied.
    if (body.byteLength === 0) return 0;
    this.#memory.set(body, offset);
    return body.byteLength;
  }

  #at(slot: number, index: number): number {
    return ((this.#slotsOffset + slot * SLOT_BYTES) >> 2) + index;
  }

  #int(slot: number, index: number): number {
    return this.#ints[this.#at(slot, index)]!;
  }

  /** Latin-1 text of the head, wherever it lies. */
  #head(slot: number, start: number, length: number): string {
    if ((this.#int(slot, INT_FLAGS) & FLAG_HEAD_ELSEWHERE) !== 0) {
      return this.#headElsewhere(slot).latin1Slice(start, start + length);
    }
    const offset = this.#slotsOffset + slot * SLOT_BYTES + INPUT_OFFSET + start;
    return this.#memory.latin1Slice(offset, offset + length);
  }

  #path(slot: number, start: number, length: number): string {
    const flags = this.#int(slot, INT_FLAGS);
    if ((flags & FLAG_PATH_UTF8) === 0) return this.#head(slot, start, length);
    if ((flags & FLAG_HEAD_ELSEWHERE) !== 0) return this.#headElsewhere(slot).utf8Slice(start, start + length);
    const offset = this.#slotsOffset + slot * SLOT_BYTES + INPUT_OFFSET + start;
    return this.#memory.utf8Slice(offset, offset + length);
  }

  #headElsewhere(slot: number): RawBuffer {
    let head = this.#heads.get(slot);
    if (head === undefined) {
      head = this.#server.takeHead(slot) as RawBuffer;
      this.#heads.set(slot, head);
    }
    return head;
  }
}
