/**
 * The Redis that tests run against: the one REDIS_URL names, else the one that listens on the standard port, else one of
 * our own on a free port, by the `redis-server` on PATH. Tests of outages stop and start servers of their own, so that
 * program is needed in any case; where it is missing, Debian's package is installed if we may.
 */
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { CommandError } from './command.mjs';
import { freePort } from './free-port.mjs';

/**
 * @typedef {object} Redis
 * @property {string} url
 * @property {string} origin where it came from, for the reader of the log
 * @property {() => Promise<void>} close stops the server if it is our own
 *
 * @typedef {object} OwnRedis
 * @property {string} url stays the same from stop to start
 * @property {() => Promise<void>} start
 * @property {() => Promise<void>} stop as a crash would: nothing is said to clients, nothing is kept
 * @property {() => Promise<void>} close stops it and removes its folder
 */

/** @returns {Promise<Redis>} */
export async function openRedis() {
  requireProgram();
  const named = process.env.REDIS_URL;
  if (named) {
    const fault = await faultOf(named);
    if (fault === undefined) return { url: named, origin: 'REDIS_URL', close: async () => {} };
    throw new CommandError(`REDIS_URL is set but unusable: ${fault}. Start that server, or run \`unset REDIS_URL\`.`);
  }
  const standard = 'redis://127.0.0.1:6379';
  if ((await faultOf(standard)) === undefined) {
    return { url: standard, origin: 'the server on port 6379', close: async () => {} };
  }
  const own = await createOwnRedis();
  await own.start();
  return { url: own.url, origin: `our own at ${own.url}`, close: own.close };
}

/**
 * A server of a test's own, not yet started.
 *
 * @returns {Promise<OwnRedis>}
 */
export async function createOwnRedis() {
  const port = await freePort();
  const folder = mkdtempSync(path.join(tmpdir(), 'covet-redis-'));
  const url = `redis://127.0.0.1:${port}`;
  /** @type {import('node:child_process').ChildProcess | undefined} */
  let server;
  const stop = async () => {
    if (server === undefined || server.exitCode !== null || server.signalCode !== null) return;
    const ended = once(server, 'exit');
    server.kill('SIGKILL');
    await ended;
  };
  const start = async () => {
    const settings = [
      '--port',
      String(port),
      '--bind',
      '127.0.0.1',
      '--save',
      '',
      '--appendonly',
      'no',
      '--dir',
      folder,
    ];
    const started = spawn('redis-server', settings, { stdio: ['ignore', 'pipe', 'pipe'] });
    server = started;
    let log = '';
    for (const stream of [started.stdout, started.stderr])
      stream.setEncoding('utf8').on('data', (text) => (log += text));
    for (const deadline = Date.now() + 20_000; (await faultOf(url)) !== undefined;) {
      if (started.exitCode !== null || Date.now() > deadline)
        throw new CommandError(`Our own Redis did not start:\n${log}`);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  };
  const close = async () => {
    await stop();
    rmSync(folder, { recursive: true, force: true });
  };
  return { url, start, stop, close };
}

function requireProgram() {
  if (isThere('redis-server')) return;
  const mend = 'apt-get install -y --no-install-recommends redis-server';
  if (process.getuid?.() === 0 && isThere('apt-get')) {
    console.log(`> ${mend}`);
    const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
    spawnSync('apt-get', ['update'], { stdio: 'inherit', env });
    spawnSync('sh', ['-c', mend], { stdio: 'inherit', env });
    if (isThere('redis-server')) return;
  }
  throw new CommandError(`No redis-server on PATH, which the tests start and stop. Mend it with \`${mend}\`.`);
}

/** @param {string} program */
function isThere(program) {
  return spawnSync(program, ['--version'], { stdio: 'ignore' }).error === undefined;
}

/**
 * @param {string} url
 * @returns {Promise<string | undefined>} why this server cannot serve the tests
 */
async function faultOf(url) {
  const { Redis } = await import('ioredis');
  const client = new Redis(url, { lazyConnect: true, retryStrategy: null, connectTimeout: 3000 });
  client.on('error', () => {}); // what failed is told by connect()
  try {
    await client.connect();
    const [, version = '0'] = /redis_version:(\d+)/.exec(await client.info('server')) ?? [];
    return Number(version) >= 7 ? undefined : `it is version ${version}, and 7 or newer is needed`;
  } catch (error) {
    return error instanceof Error ? error.message || error.name : String(error);
  } finally {
    client.disconnect();
  }
}
