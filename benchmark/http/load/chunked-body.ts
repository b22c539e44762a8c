/** Finds the end of a chunked body as it comes, and gives the bytes in it; for bodies of servers that were verified. */
export class ChunkedBody {
  /** Bytes of the chunk that are still to come, its line break included. */
  #due = 0;
  #line = '';
  #isLast = false;
  #isEnded = false;

  get isEnded(): boolean {
    return this.#isEnded;
  }

  /**
   * Takes the next bytes; `onBytes` gets those of the body.
   *
   * @returns how many of them belong to the body: fewer than there are when it has ended.
   * @throws Error where a chunk has no size.
   */
  push(bytes: Buffer, onBytes?: (bytes: Buffer) => void): number {
    let at = 0;
    while (at < bytes.length && !this.#isEnded) {
      if (this.#due > 0) {
        const end = Math.min(bytes.length, at + this.#due);
        // The line break behind the chunk is the last two bytes of what is due.
        const bodyEnd = Math.min(end, at + this.#due - 2);
        if (onBytes !== undefined && bodyEnd > at) onBytes(bytes.subarray(at, bodyEnd));
        this.#due -= end - at;
        at = end;
        continue;
      }
      const lineEnd = bytes.indexOf(10, at);
      const end = lineEnd < 0 ? bytes.length : lineEnd + 1;
      this.#line += bytes.toString('latin1', at, end);
      at = end;
      if (lineEnd >= 0) this.#endLine();
    }
    return at;
  }

  #endLine(): void {
    const line = this.#line.trimEnd();
    this.#line = '';
    if (this.#isLast) {
      // Trailers, until the empty line.
      this.#isEnded = line === '';
      return;
    }
    const size = /^[0-9a-f]+/i.exec(line)?.[0];
    if (size === undefined) throw new Error(`no size of a chunk: ${line.slice(0, 40)}`);
    const length = Number.parseInt(size, 16);
    if (length === 0) this.#isLast = true;
    else this.#due = length + 2;
  }
}
