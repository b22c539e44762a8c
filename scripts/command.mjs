/**
 * Runs other programs for the scripts beside it: the one place that starts a process and reads how it ended.
 */
import { spawn } from 'node:child_process';
import { createRequire } from 'node:module';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

/** The repository's folder; every command runs there unless told otherwise. */
export const root = fileURLToPath(new URL('..', import.meta.url));

/** A program that could not be started or ended with another status than 0. */
export class CommandError extends Error {
  /**
   * @param {string} message what failed
   * @param {string} output what it printed, where that was captured
   */
  constructor(message, output = '') {
    super(message);
    this.name = 'CommandError';
    this.output = output;
  }
}

/**
 * Runs a program in the repository, its output going to the terminal.
 *
 * @param {string} program
 * @param {readonly string[]} args
 * @param {{ env?: Record<string, string>, capture?: 'echo' | 'silent', isProgress?: boolean }} [options]
 *   `capture`: collect what it prints, and still print it (`echo`) or not (`silent`);
 *   `isProgress`: all of it is for the reader at the terminal, so that standard output stays free for results
 * @returns {Promise<string>} what it printed, when captured; throws CommandError when the status is not 0
 */
export async function run(program, args, { env, capture, isProgress = false } = {}) {
  const child = spawn(program, args, {
    cwd: root,
    env: { ...process.env, ...env },
    stdio: capture === undefined ? ['inherit', isProgress ? 2 : 1, 2] : ['inherit', 'pipe', 'pipe'],
  });
  let output = '';
  for (const [stream, target] of /** @type {const} */ ([
    [child.stdout, process.stdout],
    [child.stderr, process.stderr],
  ])) {
    stream?.setEncoding('utf8').on('data', (text) => {
      output += text;
      if (capture === 'echo') target.write(text);
    });
  }
  // Ctrl-C reaches the child by itself: outliving it lets our caller clean up. SIGTERM comes to us alone.
  const ignore = () => {};
  const pass = () => child.kill('SIGTERM');
  process.on('SIGINT', ignore).on('SIGTERM', pass);
  // npm runs us in a shell that dies of a signal without passing it on: an orphan ends what it started.
  const parent = process.ppid;
  const watch = setInterval(() => process.ppid === parent || pass(), 500);
  const name = [path.basename(program), ...args.map((arg) => path.relative(root, arg) || arg)].join(' ');
  try {
    await new Promise((resolve, reject) => {
      child.once('error', (cause) => reject(new CommandError(`cannot run \`${name}\`: ${cause.message}`)));
      child.once('close', (status, signal) => {
        if (status === 0) resolve(undefined);
        else reject(new CommandError(`\`${name}\` ended with ${signal ?? `status ${status}`}`, output));
      });
    });
    return output;
  } finally {
    clearInterval(watch);
    process.off('SIGINT', ignore).off('SIGTERM', pass);
  }
}

/**
 * Runs the command of an installed npm package with this Node.
 * By package, not by `node_modules/.bin`: three packages here bring a `tsc` of their own, and npm links only one.
 *
 * @param {string} packageName
 * @param {string} command its name in the package's `bin`
 * @param {readonly string[]} args
 * @param {Parameters<typeof run>[2]} [options]
 */
export function runPackage(packageName, command, args, options) {
  const folder = path.join(root, 'node_modules', packageName);
  const { bin } = createRequire(import.meta.url)(path.join(folder, 'package.json'));
  return run(process.execPath, [path.join(folder, typeof bin === 'string' ? bin : bin[command]), ...args], options);
}

/**
 * Runs npm: the one that runs us where there is one, so that no second copy or Windows' `npm.cmd` is looked for.
 *
 * @param {readonly string[]} args
 * @param {Parameters<typeof run>[2]} [options]
 */
export function runNpm(args, options) {
  const npm = process.env.npm_execpath;
  return npm === undefined ? run('npm', args, options) : run(process.execPath, [npm, ...args], options);
}

/**
 * Runs a script's work. A command that failed has already said why, so its fault needs no stack trace.
 *
 * @param {() => Promise<unknown>} work
 */
export async function main(work) {
  try {
    await work();
  } catch (error) {
    if (!(error instanceof CommandError)) throw error;
    console.error(`\n${error.message}`);
    process.exitCode = 1;
  }
}
