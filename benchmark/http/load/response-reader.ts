const headEnd = '\r\n\r\n';
const lastChunk = '\r\n0\r\n\r\n';

/**
 * Reads HTTP/1.1 answers off one connection, just far enough to know where each ends: by `Content-Length` or by the
 * last chunk. It is for answers of servers that were verified before; it is no parser for strangers.
 */
export class ResponseReader {
  #text = '';

  /**
   * Takes the next bytes of the connection.
   *
   * @returns the status once the answer is complete, `undefined` before.
   * @throws Error on what is no answer, or on bytes beyond its end: the connection never has two under way.
   */
  push(chunk: Buffer): number | undefined {
    this.#text += chunk.toString('latin1');
    const bodyAt = this.#text.indexOf(headEnd);
    if (bodyAt < 0) return undefined;
    const head = this.#text.slice(0, bodyAt);
    const end = this.#endOf(head, bodyAt + headEnd.length);
    if (end === undefined || this.#text.length < end) return undefined;
    if (this.#text.length > end) throw new Error('bytes beyond the end of the answer');
    this.#text = '';
    return statusOf(head);
  }

  #endOf(head: string, bodyAt: number): number | undefined {
    const length = /\r\ncontent-length: *(\d+)/i.exec(head)?.[1];
    if (length !== undefined) return bodyAt + Number(length);
    if (!/\r\ntransfer-encoding: *chunked/i.test(head)) throw new Error('an answer of unknown length');
    // The last chunk follows a line break: the head's own when the body is empty.
    const lastAt = this.#text.indexOf(lastChunk, bodyAt - 2);
    return lastAt < 0 ? undefined : lastAt + lastChunk.length;
  }
}

function statusOf(head: string): number {
  const status = /^HTTP\/1\.1 (\d{3})/.exec(head)?.[1];
  if (status === undefined) throw new Error(`no answer: ${head.slice(0, 40)}`);
  return Number(status);
}
