/** A stretch of network between a client and a server, for tests to cut, stall and mend. */
import { once } from 'node:events';
import net from 'node:net';

export interface TcpProxy {
  readonly port: number;
  /** Connections that are open now. */
  readonly size: number;
  /** Resets every connection; new ones are let through. */
  cut(): void;
  /** From now on nothing goes either way, and nobody is told. */
  stall(): void;
  /** The same for the connections that are open now; new ones are let through. */
  forget(): void;
  /** Ends a stall; what was held back goes on its way. */
  resume(): void;
  close(): Promise<void>;
}

/**
 * Listens on loopback, on a free port unless one is given, and passes everything on to `target`; `onSent` hears of each piece
 * that a client sends. Close it in the test's teardown.
 */
export async function startTcpProxy(
  target: { readonly host: string; readonly port: number },
  listen: { readonly port?: number; readonly onSent?: () => void } = {},
): Promise<TcpProxy> {
  const sockets = new Set<net.Socket>();
  let isStalled = false;
  const keep = (socket: net.Socket, other: net.Socket): void => {
    sockets.add(socket);
    socket.on('data', (bytes) => other.write(bytes));
    // After the listener: adding that one starts the flow.
    if (isStalled) socket.pause();
    socket.on('end', () => other.end());
    socket.on('error', () => other.destroy()); // a reset is what the test asked for, or passes it on
    socket.on('close', () => {
      sockets.delete(socket);
      other.destroy();
    });
  };
  const server = net.createServer((client) => {
    const upstream = net.connect(target);
    if (listen.onSent !== undefined) client.on('data', listen.onSent);
    keep(client, upstream);
    keep(upstream, client);
  });
  server.listen(listen.port ?? 0, '127.0.0.1');
  await once(server, 'listening');
  const cut = (): void => {
    // libuv 1.46 spins for ever when a socket is reset that is being shut down.
    for (const socket of sockets) {
      if (socket.writableEnded) socket.destroy();
      else socket.resetAndDestroy();
    }
  };
  return {
    port: (server.address() as net.AddressInfo).port,
    get size() {
      return sockets.size / 2;
    },
    cut,
    stall: () => {
      isStalled = true;
      for (const socket of sockets) socket.pause();
    },
    forget: () => {
      for (const socket of sockets) socket.pause();
    },
    resume: () => {
      isStalled = false;
      for (const socket of sockets) socket.resume();
    },
    close: async () => {
      cut();
      server.close();
      await once(server, 'close');
    },
  };
}
