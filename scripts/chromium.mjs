/**
 * Finds the browser that the tests of server-sent events use beside Node's own client: `CHROME_PATH`, else a Chromium or
 * Chrome on PATH, else the one that `npx playwright-core install --no-shell chromium` has put in place. Covet downloads
 * none by itself, but where `CI` is set.
 */
import { accessSync, constants } from 'node:fs';
import path from 'node:path';

import { CommandError, runPackage } from './command.mjs';

const names = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable', 'chrome', 'chrome.exe'];

/**
 * The program, or undefined where there is none.
 *
 * @returns {Promise<string | undefined>}
 */
export async function findChromium() {
  const { CHROME_PATH, PATH = '' } = process.env;
  // A wrong path is for its author to hear of: the browser's start then fails.
  if (CHROME_PATH !== undefined && CHROME_PATH !== '') return CHROME_PATH;
  const folders = PATH.split(path.delimiter).filter((folder) => folder !== '');
  const candidates = folders.flatMap((folder) => names.map((name) => path.join(folder, name)));
  // Not at the top: this file is read before packages are installed.
  const { chromium } = await import('playwright-core');
  return [...candidates, chromium.executablePath()].find(isProgram);
}

/**
 * Says which browser there is; in CI, first tries to bring one where there is none.
 *
 * @returns {Promise<string>} a line for the log
 */
export async function prepareChromium() {
  const found = await findChromium();
  if (found !== undefined) return found;
  let reason = 'npx playwright-core install --no-shell chromium brings one';
  if (process.env['CI']) {
    try {
      await runPackage('playwright-core', 'playwright-core', ['install', '--no-shell', 'chromium'], {
        capture: 'echo',
      });
      const installed = await findChromium();
      if (installed !== undefined) return installed;
    } catch (error) {
      if (!(error instanceof CommandError)) throw error;
      reason = error.message;
    }
  }
  return `none; server-sent events are proven by undici's EventSource alone (${reason})`;
}

/** @param {string} file */
function isProgram(file) {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
