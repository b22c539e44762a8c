import { CovetError } from '../error.ts';

/**
 * Imports an optional package when it is first needed.
 *
 * @example
 * ```ts
 * import { importPeer } from './import-peer.ts';
 *
 * const { readFile } = await importPeer(() => import('node:fs/promises'), 'a-package', 'the example');
 * console.log(typeof readFile); // function
 * ```
 *
 * @throws CovetError that names the command, when it is not installed; whatever the package itself throws when it is loaded.
 */
export async function importPeer<T>(load: () => Promise<T>, packages: string, need: string): Promise<T> {
  try {
    return await load();
  } catch (cause) {
    if (!isMissing(cause, packages)) throw cause;
    const plural = packages.includes(' ') ? 'packages' : 'a package';
    throw new CovetError(`${need} needs ${plural}: run \`npm install ${packages}\``, { cause });
  }
}

/** Whether it is one of these packages that is not there, and not something that they need in turn. */
function isMissing(error: unknown, packages: string): boolean {
  if (!(error instanceof Error) || !('code' in error)) return false;
  if (error.code !== 'ERR_MODULE_NOT_FOUND' && error.code !== 'MODULE_NOT_FOUND') return false;
  return packages.split(' ').some((name) => error.message.includes(`'${name}'`));
}
