/** Stands between a client and a server, and cuts connections: a network as it is on a bad day. */
import { once } from 'node:events';
import net from 'node:net';

/** What a proxy does to a connection of this number, from 0. */
export interface Mishap {
  /** Cut after so many bytes from the client. */
  readonly afterRequestBytes?: number;
  /** Cut after so many bytes from the server. */
  readonly afterAnswerBytes?: number;
  /** Cut in place of the first answer to a request whose head this matches. The server has done what it was asked. */
  readonly inPlaceOfAnswerTo?: RegExp;
}

/** A proxy that passes everything on but for its mishaps. */
export class FlakyProxy {
  /** Connections so far. */
  connections = 0;
  /** Cuts so far. */
  cuts = 0;
  readonly #server: net.Server;
  readonly #sockets = new Set<net.Socket>();

  private constructor(port: number, toMishap: (connection: number) => Mishap | undefined) {
    this.#server = net.createServer((client) => this.#connect(client, port, toMishap(this.connections++) ?? {}));
  }

  /** Starts one in front of a port of this machine. */
  static async start(port: number, toMishap: (connection: number) => Mishap | undefined): Promise<FlakyProxy> {
    const proxy = new FlakyProxy(port, toMishap);
    proxy.#server.listen(0, '127.0.0.1');
    await once(proxy.#server, 'listening');
    return proxy;
  }

  get endpoint(): string {
    const { port } = this.#server.address() as net.AddressInfo;
    return `http://127.0.0.1:${port}`;
  }

  async close(): Promise<void> {
    this.#server.close();
    for (const socket of this.#sockets) socket.destroy();
    await once(this.#server, 'close');
  }

  #connect(client: net.Socket, port: number, mishap: Mishap): void {
    const server = net.connect(port, '127.0.0.1');
    const both = [client, server];
    const end = () => both.forEach((socket) => socket.destroy());
    for (const socket of both) {
      this.#sockets.add(socket);
      socket.on('close', () => {
        this.#sockets.delete(socket);
        end();
      });
      // A cut connection is what this is for.
      socket.on('error', end);
    }
    const cut = () => {
      this.cuts += 1;
      end();
    };
    let sent = 0;
    let answered = 0;
    let isAwaited = false;
    client.on('data', (data) => {
      sent += data.length;
      if (mishap.inPlaceOfAnswerTo?.test(data.toString('latin1')) === true) isAwaited = true;
      if (sent > (mishap.afterRequestBytes ?? Number.POSITIVE_INFINITY)) cut();
      else if (!server.write(data)) client.pause();
    });
    server.on('drain', () => client.resume());
    server.on('data', (data) => {
      answered += data.length;
      if (isAwaited || answered > (mishap.afterAnswerBytes ?? Number.POSITIVE_INFINITY)) cut();
      else if (!client.write(data)) server.pause();
    });
    client.on('drain', () => server.resume());
  }
}
