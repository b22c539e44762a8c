/** A TCP connection that sends bytes as they are and reads HTTP/1.1 responses, one at a time. */
import net from 'node:net';

/** A response as it came over the wire. */
export interface RawResponse {
  readonly status: number;
  readonly version: string;
  /** Every header line in order, names in lower case. */
  readonly lines: readonly (readonly [string, string])[];
  readonly body: Buffer;
  /** The lines behind a chunked body, names in lower case. */
  readonly trailers: readonly (readonly [string, string])[];
  /** Whether the body came to its end; only {@link NextOptions.mayBreak} lets it not. */
  readonly isWhole: boolean;
  /** The statuses of 1xx responses before it. */
  readonly interim: readonly number[];
  readonly header: (name: string) => string | undefined;
  readonly text: () => string;
  readonly json: () => any;
}

/** How {@link RawConnection.next} reads. */
export interface NextOptions {
  /** The response is one to HEAD: it has no body, whatever its length says. */
  readonly head?: boolean;
  /** Milliseconds. Default 5,000. */
  readonly timeout?: number;
  /** Gives what there is of a body that the server breaks off, in the place of throwing. */
  readonly mayBreak?: boolean;
}

const CRLF = '\r\n';

export class RawConnection {
  readonly socket: net.Socket;
  /** Resolves once the server has closed: with `'end'` in order, with the error's code otherwise. */
  readonly closed: Promise<string>;
  /** What has come and is not read yet, in pieces: joining them as they come would be quadratic. */
  #pieces: Buffer[] = [];
  #size = 0;
  #ended: string | undefined;
  #wake: (() => void) | undefined;

  private constructor(socket: net.Socket) {
    this.socket = socket;
    socket.on('data', (data) => {
      this.#pieces.push(data);
      this.#size += data.byteLength;
      this.#wake?.();
    });
    this.closed = new Promise((resolve) => {
      const end = (how: string): void => {
        this.#ended ??= how;
        this.#wake?.();
        resolve(this.#ended);
      };
      socket.on('end', () => end('end'));
      socket.on('error', (error: NodeJS.ErrnoException) => end(error.code ?? error.message));
      socket.on('close', () => end('close'));
    });
  }

  static async open(port: number, options: Partial<net.NetConnectOpts> = {}): Promise<RawConnection> {
    const socket = net.connect({ port, host: '127.0.0.1', ...options } as net.NetConnectOpts);
    socket.setNoDelay(true);
    await new Promise<void>((resolve, reject) => socket.once('connect', resolve).once('error', reject));
    return new RawConnection(socket);
  }

  /** Sends text as Latin-1, bytes as they are. */
  send(data: string | Uint8Array): this {
    this.socket.write(typeof data === 'string' ? Buffer.from(data, 'latin1') : data);
    return this;
  }

  /** Reads one final response, and the interim ones before it. Throws when the connection ends or stays silent first. */
  async next({ head = false, timeout = 5000, mayBreak = false }: NextOptions = {}): Promise<RawResponse> {
    const deadline = performance.now() + timeout;
    const interim: number[] = [];
    for (;;) {
      const headEnd = await this.#until(() => positive(this.unread.indexOf(CRLF + CRLF)), deadline);
      const [first = '', ...rest] = this.#cut(headEnd + 4)
        .toString('latin1', 0, headEnd)
        .split(CRLF);
      const [, version = '', status = ''] = /^HTTP\/(\d\.\d) (\d{3})(?: |$)/.exec(first) ?? [];
      if (status === '') throw new Error(`Not a status line: ${JSON.stringify(first)}`);
      if (status.startsWith('1')) {
        interim.push(Number(status));
        continue;
      }
      const lines = rest.map(toField);
      const header = (name: string): string | undefined => lines.find(([key]) => key === name)?.[1];
      const read: Body = { chunks: [], trailers: [], isWhole: true };
      if (!head && status !== '204' && status !== '304') await this.#body(header, deadline, read, mayBreak);
      const body = read.chunks.length === 1 ? read.chunks[0]! : Buffer.concat(read.chunks);
      const text = (): string => body.toString('utf8');
      const { trailers, isWhole } = read;
      const json = (): unknown => JSON.parse(text());
      return { status: Number(status), version, lines, trailers, isWhole, body, interim, header, text, json };
    }
  }

  /** What has come and is not read as a response yet. */
  get unread(): Buffer {
    const whole = this.#pieces.length === 1 ? this.#pieces[0]! : Buffer.concat(this.#pieces);
    this.#pieces = [whole];
    return whole;
  }

  /** Waits until the server closes, and gives what is left unread. Throws when it does not. */
  async rest(timeout = 5000): Promise<string> {
    await this.#until(() => (this.#ended === undefined ? undefined : 0), performance.now() + timeout, true);
    return this.unread.toString('latin1');
  }

  /** Closes our half. */
  end(): void {
    this.socket.end();
  }

  /** Drops the connection with a reset. */
  reset(): void {
    this.socket.resetAndDestroy();
  }

  close(): void {
    this.socket.destroy();
  }

  async #body(header: Header, deadline: number, read: Body, mayBreak: boolean): Promise<void> {
    try {
      await this.#readBody(header, deadline, read);
    } catch (error) {
      if (!mayBreak || this.#ended === undefined) throw error;
      read.isWhole = false;
    }
  }

  async #readBody(header: Header, deadline: number, read: Body): Promise<void> {
    const length = header('content-length');
    if (length !== undefined) {
      read.chunks.push(await this.#take(Number(length), deadline));
      return;
    }
    if (header('transfer-encoding') === undefined) return;
    for (;;) {
      const size = Number.parseInt(await this.#line(deadline), 16);
      if (size === 0) break;
      read.chunks.push((await this.#take(size + 2, deadline)).subarray(0, -2));
    }
    for (let line = await this.#line(deadline); line !== ''; line = await this.#line(deadline)) {
      read.trailers.push(toField(line));
    }
  }

  async #line(deadline: number): Promise<string> {
    const end = await this.#until(() => positive(this.unread.indexOf(CRLF)), deadline);
    return this.#cut(end + 2).toString('latin1', 0, end);
  }

  async #take(length: number, deadline: number): Promise<Buffer> {
    await this.#until(() => (this.#size >= length ? 0 : undefined), deadline);
    return this.#cut(length);
  }

  #seen(): string {
    return JSON.stringify(this.unread.toString('latin1', 0, 200));
  }

  #cut(length: number): Buffer {
    const whole = this.unread;
    this.#pieces = [whole.subarray(length)];
    this.#size -= length;
    return whole.subarray(0, length);
  }

  async #until(look: () => number | undefined, deadline: number, mayEnd = false): Promise<number> {
    for (;;) {
      const found = look();
      if (found !== undefined) return found;
      if (this.#ended !== undefined && !mayEnd) {
        throw new Error(`The connection ended (${this.#ended}) before a whole response; so far: ${this.#seen()}`);
      }
      const left = deadline - performance.now();
      if (left <= 0) throw new Error(`No whole response in time; so far: ${this.#seen()}`);
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, left);
        this.#wake = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
  }
}

type Header = (name: string) => string | undefined;

/** What has been read of a body. */
interface Body {
  readonly chunks: Buffer[];
  readonly trailers: (readonly [string, string])[];
  isWhole: boolean;
}

function toField(line: string): readonly [string, string] {
  const colon = line.indexOf(':');
  return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()];
}

const positive = (index: number): number | undefined => (index < 0 ? undefined : index);

/** Opens a connection, sends one request, reads its response and closes. */
export async function exchange(
  port: number,
  raw: string | Uint8Array,
  options: NextOptions = {},
): Promise<RawResponse> {
  const connection = await RawConnection.open(port);
  try {
    return await connection.send(raw).next(options);
  } finally {
    connection.close();
  }
}
