/** Runs an application inside a thread of the program's own, and ends that thread while it serves; three times. */
import net from 'node:net';
import { Worker } from 'node:worker_threads';

const load = (port: number): (() => void) => {
  const sockets = Array.from({ length: 10 }, () => {
    const socket = net.connect(port, '127.0.0.1');
    socket.on('error', () => undefined);
    socket.on('data', () => socket.write('GET /slow HTTP/1.1\r\nHost: a\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n'));
    socket.write('GET / HTTP/1.1\r\nHost: a\r\n\r\n');
    return socket;
  });
  // These have taken nothing of it when the thread goes.
  for (let count = 0; count < 4; count++) {
    const socket = net.connect(port, '127.0.0.1');
    socket.on('error', () => undefined);
    socket.pause();
    socket.write('GET /large HTTP/1.1\r\nHost: a\r\n\r\n');
    sockets.push(socket);
  }
  return () => sockets.forEach((socket) => socket.destroy());
};

for (let round = 0; round < 3; round++) {
  const thread = new Worker(process.argv[1]!, { argv: ['app/programs/own-thread-app.ts'] });
  const port = await new Promise<number>((resolve, reject) => thread.once('message', resolve).once('error', reject));
  const stop = load(port);
  await new Promise((resolve) => setTimeout(resolve, 200));
  const code = await thread.terminate();
  stop();
  // The port is free again: the server went with its thread.
  const isFree = await new Promise<boolean>((resolve) => {
    const server = net.createServer();
    server.on('error', () => resolve(false));
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
  });
  process.stdout.write(`round=${round} ${code} ${isFree}\n`);
}
process.stdout.write('done=yes\n');
