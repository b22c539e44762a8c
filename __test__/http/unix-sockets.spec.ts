/** Unix sockets: served like ports, cleaned up after, and each way they cannot be made has its code. */
import { execFile } from 'node:child_process';
import { chmod, lstat, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import net from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';

import test from 'ava';
import type { ExecutionContext } from 'ava';

import { Covet } from '../../src/index.ts';
import { RawConnection } from '../helpers/raw-connection.ts';

const GET = 'GET / HTTP/1.1\r\nHost: a\r\n\r\n';

/** A directory of the test's own; short, since a socket's path has room for about a hundred bytes. */
async function makeFolder(t: ExecutionContext): Promise<string> {
  const folder = await mkdtemp(path.join(tmpdir(), 'cv-'));
  t.teardown(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

const exists = (file: string): Promise<boolean> =>
  lstat(file).then(
    () => true,
    () => false,
  );

const home = (app: Covet): unknown => app.get('/', ({ req }) => ({ ip: req.ip, url: req.url.href }));

const app = (): Covet => {
  const made = new Covet({ logger: false });
  home(made);
  return made;
};

test('an application serves on a Unix socket and removes it when it closes', async (t) => {
  const file = path.join(await makeFolder(t), 'app.sock');
  const application = app();
  const listening = await application.listen({ path: file, permissions: 0o600 });
  t.like(listening, { host: '', port: 0, path: file, url: `unix:${file}` });
  const { mode } = await lstat(file);
  t.is(mode & 0o777, 0o600);
  const connection = await RawConnection.open(0, { path: file });
  for (let turn = 0; turn < 2; turn++) {
    t.deepEqual((await connection.send(GET).next()).json(), { ip: 'unix', url: 'http://a/' });
  }
  await application.close(0);
  t.false(await exists(file));
});

test('a proxy on a Unix socket is trusted by count or by name, not by network', async (t) => {
  const folder = await makeFolder(t);
  const head = 'GET / HTTP/1.1\r\nHost: a\r\nX-Forwarded-For: 203.0.113.9\r\nX-Forwarded-Proto: https\r\n\r\n';
  for (const [trustProxy, ip] of [
    [1, '203.0.113.9'],
    [['unix'], '203.0.113.9'],
    [['loopback', '0.0.0.0/0', '::/0'], 'unix'],
    [false, 'unix'],
  ] as const) {
    const file = path.join(folder, `${ip}${String(trustProxy)}`.replaceAll(/\W/g, '').slice(0, 20));
    const application = new Covet({ logger: false, trustProxy });
    home(application);
    await application.listen({ path: file });
    const connection = await RawConnection.open(0, { path: file });
    t.is((await connection.send(head).next()).json().ip, ip, String(trustProxy));
    await application.close(0);
  }
});

test('refusals on a Unix socket reach the log', async (t) => {
  const file = path.join(await makeFolder(t), 'app.sock');
  const lines: string[] = [];
  const application = new Covet({ logger: { destination: { write: (line: string) => lines.push(line) } } });
  home(application);
  await application.listen({ path: file });
  const connection = await RawConnection.open(0, { path: file });
  t.is((await connection.send('GET /nowhere HTTP/1.1\r\nHost: a\r\n\r\n').next()).status, 404);
  await application.close(0);
  t.is(JSON.parse(lines.find((line) => line.includes('/nowhere')) ?? '{}').ip, 'unix');
});

test('a socket that a dead server left behind is replaced; a live one, or another file, is not', async (t) => {
  const folder = await makeFolder(t);
  const file = path.join(folder, 'app.sock');
  // Node removes its socket when it closes; one that is killed cannot.
  const script = `require('node:net').createServer().listen(${JSON.stringify(file)}, () => process.kill(process.pid, 'SIGKILL'))`;
  await t.throwsAsync(promisify(execFile)(process.execPath, ['-e', script]));
  t.true(await exists(file));
  const first = app();
  await first.listen({ path: file });
  t.is((await (await RawConnection.open(0, { path: file })).send(GET).next()).status, 200);

  await t.throwsAsync(app().listen({ path: file }), { code: 'EADDRINUSE', message: /is already in use/ });
  t.is((await (await RawConnection.open(0, { path: file })).send(GET).next()).status, 200, 'the first still serves');

  const plain = path.join(folder, 'file');
  await writeFile(plain, 'mine');
  await t.throwsAsync(app().listen({ path: plain }), { code: 'EADDRINUSE' });
  const link = path.join(folder, 'link');
  await symlink(plain, link);
  await t.throwsAsync(app().listen({ path: link }), { code: 'EADDRINUSE' });
  t.true(await exists(plain));
  await first.close(0);
});

test('at close the file of another server stays', async (t) => {
  const file = path.join(await makeFolder(t), 'app.sock');
  const application = app();
  await application.listen({ path: file });
  await rm(file);
  const other = net.createServer().listen(file);
  await new Promise((resolve) => other.once('listening', resolve));
  await application.close(0);
  t.true(await exists(file));
  other.close();
});

test('a socket that cannot be made is told by its code', async (t) => {
  const folder = await makeFolder(t);
  await t.throwsAsync(app().listen({ path: path.join(folder, 'none', 'app.sock') }), { code: 'ENOENT' });
  await writeFile(path.join(folder, 'file'), '');
  await t.throwsAsync(app().listen({ path: path.join(folder, 'file', 'app.sock') }), { code: 'ENOTDIR' });
  await t.throwsAsync(app().listen({ path: path.join(folder, 'x'.repeat(120)) }), { code: 'ENAMETOOLONG' });
  if (process.getuid?.() === 0) return;
  await chmod(folder, 0o500);
  await t.throwsAsync(app().listen({ path: path.join(folder, 'app.sock') }), { code: 'EACCES' });
});

test('options that contradict each other are refused before anything is bound', async (t) => {
  for (const [options, type, message] of [
    [{ path: '' }, TypeError, /path of a Unix socket/],
    [{ path: 'a\0b' }, TypeError, /without NUL/],
    [{ path: '/tmp/a', port: 1 }, TypeError, /not both/],
    [{ path: '/tmp/a', host: 'b' }, TypeError, /not both/],
    [{ permissions: 0o600 }, TypeError, /needs a path/],
    [{ path: '/tmp/a', permissions: 0o1000 }, RangeError, /permissions is a whole number/],
    [{ path: '/tmp/a', permissions: -1 }, RangeError, /permissions/],
  ] as const) {
    await t.throwsAsync(app().listen(options), { instanceOf: type, message });
  }
});
