/**
 * The protocol's cancel request (§ 55.2.9 of PostgreSQL's manual): a connection of its own, which takes no slot of the
 * server's, and names the one whose statement is to stop.
 */
import { once } from 'node:events';
import net from 'node:net';
import tls from 'node:tls';

/** What is read of a connected client of `pg`. */
interface CancelTarget {
  readonly host?: string;
  readonly port?: number;
  readonly ssl?: boolean | tls.ConnectionOptions;
  readonly processID?: number | null;
  readonly secretKey?: number | null;
}

/** How long the server may take to hear of it, in milliseconds. */
const deliveryTimeout = 5000;

/**
 * Asks the server to stop what `client` runs. Settles when the server has taken the request and closed, so that it cannot
 * hit a later statement.
 *
 * @throws when it could not be delivered.
 */
export async function sendCancel(client: object): Promise<void> {
  const { host = 'localhost', port = 5432, ssl, processID, secretKey } = client as CancelTarget;
  if (typeof processID !== 'number' || typeof secretKey !== 'number') return;
  const plain = host.startsWith('/') ? net.connect(`${host}/.s.PGSQL.${port}`) : net.connect(port, host);
  plain.setTimeout(deliveryTimeout, () => plain.destroy(new Error('The server did not take the cancel request')));
  await once(plain, 'connect');
  const socket = ssl === undefined || ssl === false ? plain : await secure(plain, host, ssl === true ? {} : ssl);
  const closed = once(socket, 'close');
  socket.resume();
  socket.end(toMessage(16, 80_877_102, processID, secretKey));
  await closed;
}

async function secure(plain: net.Socket, host: string, options: tls.ConnectionOptions): Promise<tls.TLSSocket> {
  plain.write(toMessage(8, 80_877_103));
  const [answer] = (await once(plain, 'data')) as [Buffer];
  if (answer[0] !== 0x53) throw new Error('The server no longer speaks TLS');
  const socket = tls.connect({ ...(net.isIP(host) === 0 ? { servername: host } : {}), ...options, socket: plain });
  await once(socket, 'secureConnect');
  return socket;
}

function toMessage(...words: readonly number[]): Buffer {
  const message = Buffer.alloc(words.length * 4);
  words.forEach((word, index) => message.writeInt32BE(word, index * 4));
  return message;
}
