/**
 * `npm test`: installs, builds, brings up what the tests need, runs Rust's tests and then ava's.
 *
 *     npm test                         everything
 *     npm test -- __test__/di          these spec files only: a folder, a file or a glob; ava's flags work as well
 *     npm test -- crates/router        the Rust tests of one crate
 *
 * The last line is always `N passed, N failed`. What proved nothing counts as failed: a build that breaks, a runner
 * that dies, a test that is skipped, pending or expected to fail.
 */
import path from 'node:path';
import { pathToFileURL } from 'node:url';

import { build } from './build.mjs';
import { prepareChromium } from './chromium.mjs';
import { CommandError, run, runPackage } from './command.mjs';
import { install } from './install.mjs';
import { openPostgres } from './postgres.mjs';
import { openRedis } from './redis.mjs';
import { buildS3Server } from './s3-server.mjs';

/** @typedef {{ passed: number, failed: number }} Tally */

/**
 * Adds up the `test result:` lines that cargo prints, one a test binary.
 *
 * @param {string} output
 * @returns {Tally}
 */
export function tallyOfCargo(output) {
  const tally = { passed: 0, failed: 0 };
  for (const [, passed, failed, ignored] of output.matchAll(
    /^test result: \w+\. (\d+) passed; (\d+) failed; (\d+) ignored;/gm,
  )) {
    tally.passed += Number(passed);
    tally.failed += Number(failed) + Number(ignored);
  }
  return tally;
}

/**
 * Reads ava's summary. It names the passed tests only when none failed, so the ticks are counted instead; a test that
 * is expected to fail has a tick too and is among the failures.
 *
 * @param {string} output
 * @returns {Tally}
 */
export function tallyOfAva(output) {
  const failures =
    /^ {2}(\d+) (?:tests? failed|hooks? failed|known failures?|tests? skipped|tests? todo|unhandled rejections?|uncaught exceptions?|tests? remained pending)/gm;
  let failed = 0;
  for (const [, count] of output.matchAll(failures)) failed += Number(count);
  return { passed: output.match(/^ {2}[✔√] (?!\[expected fail\])/gm)?.length ?? 0, failed };
}

/**
 * Runs one test runner and counts; one that ends badly without a failed test of its own counts as one failure.
 *
 * @param {Promise<string>} running
 * @param {(output: string) => Tally} toTally
 * @returns {Promise<Tally>}
 */
async function tallied(running, toTally) {
  try {
    const tally = toTally(plain(await running));
    return tally.passed + tally.failed > 0 ? tally : { passed: 0, failed: 1 };
  } catch (error) {
    if (!(error instanceof CommandError)) throw error;
    console.error(error.message);
    const tally = toTally(plain(error.output));
    return { passed: tally.passed, failed: Math.max(tally.failed, 1) };
  }
}

/** @param {string} output */
function plain(output) {
  return output.replace(/\u001b\[[\d;]*m/g, '');
}

/**
 * @param {readonly string[]} args
 * @returns {Promise<Tally>}
 */
async function testRust(args) {
  const scopes =
    args.length === 0 ? [['--workspace']] : args.map((arg) => ['--manifest-path', path.join(arg, 'Cargo.toml')]);
  const total = { passed: 0, failed: 0 };
  for (const scope of scopes) {
    const env = process.stdout.isTTY ? { CARGO_TERM_COLOR: 'always' } : {};
    const running = run('cargo', ['test', '--no-fail-fast', ...scope], { capture: 'echo', env });
    const { passed, failed } = await tallied(running, tallyOfCargo);
    total.passed += passed;
    total.failed += failed;
  }
  return total;
}

/**
 * @param {readonly string[]} args
 * @returns {Promise<Tally>}
 */
async function testTypeScript(args) {
  await buildS3Server();
  console.log(`> Chromium: ${await prepareChromium()}`);
  const postgres = await openPostgres();
  console.log(`> PostgreSQL: ${postgres.origin}`);
  try {
    const redis = await openRedis();
    console.log(`> Redis: ${redis.origin}`);
    try {
      // Not DATABASE_URL and REDIS_URL: those would turn every application under test from the embedded default.
      const urls = { TEST_DATABASE_URL: postgres.url, TEST_REDIS_URL: redis.url };
      const env = { ...urls, ...(process.stdout.isTTY ? { FORCE_COLOR: '1' } : {}) };
      return await tallied(runPackage('ava', 'ava', args, { capture: 'echo', env }), tallyOfAva);
    } finally {
      await redis.close();
    }
  } finally {
    await postgres.close();
  }
}

/** @param {readonly string[]} args */
async function test(args) {
  const crates = args.filter((arg) => arg.startsWith('crates/'));
  const others = args.filter((arg) => !arg.startsWith('crates/'));
  const total = { passed: 0, failed: 0 };
  try {
    await install();
    await build('debug');
    const runs = [];
    if (crates.length > 0 || others.length === 0) runs.push(() => testRust(crates));
    if (others.length > 0 || crates.length === 0) runs.push(() => testTypeScript(others));
    for (const start of runs) {
      const { passed, failed } = await start();
      total.passed += passed;
      total.failed += failed;
    }
  } catch (error) {
    console.error(error instanceof CommandError ? `\n${error.message}` : error);
    total.failed += 1;
  }
  process.exitCode = total.failed > 0 || total.passed === 0 ? 1 : 0;
  console.log(`\n${total.passed} passed, ${total.failed} failed`);
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) await test(process.argv.slice(2));
