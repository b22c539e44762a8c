/** Serves while memory is collected all the time, and makes and closes applications; to be run with --expose-gc. */
import net from 'node:net';

import { Covet } from '../../../src/index.ts';

const collect = (globalThis as unknown as { gc: () => void }).gc;
const kept: unknown[] = [];

function makeApp(): Covet {
  const app = new Covet({ logger: false, onUncaught: 'exit' });
  app.get('/{name}', ({ req, params }) => {
    if (kept.push(req) > 50) kept.length = 0;
    return { name: params.name, fill: 'x'.repeat(Number(req.query['fill'] ?? 0)) };
  });
  app.post('/', async ({ req }) => {
    const bytes = await req.bytes();
    collect();
    return bytes;
  });
  return app;
}

async function ask(port: number, request: string): Promise<string> {
  const socket = net.connect(port, '127.0.0.1');
  socket.write(request);
  let text = '';
  for await (const chunk of socket) text += String(chunk);
  return text;
}

for (let round = 0; round < 4; round++) {
  const app = makeApp();
  const { port } = await app.listen({ port: 0 });
  for (let count = 0; count < 25; count++) {
    const fill = count % 4 === 0 ? 200_000 : 10;
    const close = 'Host: a\r\nConnection: close\r\n';
    const got = await ask(
      port,
      `GET /n${count}?fill=${fill} HTTP/1.1\r\n${close}X-Fill: ${'f'.repeat(count * 160)}\r\n\r\n`,
    );
    if (!got.endsWith(JSON.stringify({ name: `n${count}`, fill: 'x'.repeat(fill) })))
      throw new Error(got.slice(0, 500));
    collect();
    const body = 'b'.repeat(count * 640);
    const echoed = await ask(port, `POST / HTTP/1.1\r\n${close}Content-Length: ${body.length}\r\n\r\n${body}`);
    if (!echoed.endsWith(`\r\n\r\n${body}`)) throw new Error(echoed.slice(0, 500));
  }
  await app.close();
  collect();
}
process.stdout.write('done=yes\n');
