import { ChunkedBody } from './chunked-body.ts';

const headEnd = '\r\n\r\n';

/**
 * Reads HTTP/1.1 answers off one connection, just far enough to know where each ends: by `Content-Length` or by the
 * last chunk. It is for answers of servers that were verified before; it is no parser for strangers.
 */
export class ResponseReader {
  #head = '';
  #status: number | undefined;
  /** Bytes of the body that are still to come, where the length is known. */
  #due = 0;
  #chunked: ChunkedBody | undefined;

  /**
   * Takes the next bytes of the connection; `onBytes` gets those of a chunked body.
   *
   * @returns the status once the answer is complete, `undefined` before.
   * @throws Error on what is no answer, or on bytes beyond its end: the connection never has two under way.
   */
  push(chunk: Buffer, onBytes?: (bytes: Buffer) => void): number | undefined {
    const rest = this.#status === undefined ? this.#pushHead(chunk) : chunk;
    if (rest === undefined) return undefined;
    let beyond: number;
    if (this.#chunked === undefined) {
      this.#due -= rest.length;
      beyond = -this.#due;
      if (this.#due > 0) return undefined;
    } else {
      beyond = rest.length - this.#chunked.push(rest, onBytes);
      if (!this.#chunked.isEnded) return undefined;
    }
    if (beyond > 0) throw new Error('bytes beyond the end of the answer');
    const status = this.#status;
    this.#status = undefined;
    this.#chunked = undefined;
    return status;
  }

  /** The bytes behind the head, once it is complete. */
  #pushHead(chunk: Buffer): Buffer | undefined {
    const before = this.#head.length;
    this.#head += chunk.toString('latin1');
    const end = this.#head.indexOf(headEnd);
    if (end < 0) return undefined;
    const head = this.#head.slice(0, end);
    this.#head = '';
    this.#status = statusOf(head);
    const length = /\r\ncontent-length: *(\d+)/i.exec(head)?.[1];
    if (length !== undefined) this.#due = Number(length);
    else if (/\r\ntransfer-encoding: *chunked/i.test(head)) this.#chunked = new ChunkedBody();
    else throw new Error('an answer of unknown length');
    return chunk.subarray(end + headEnd.length - before);
  }
}

function statusOf(head: string): number {
  const status = /^HTTP\/1\.1 (\d{3})/.exec(head)?.[1];
  if (status === undefined) throw new Error(`no answer: ${head.slice(0, 40)}`);
  return Number(status);
}
