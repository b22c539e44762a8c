/** Packages of this ring that are installed by whoever needs them, imported when they are first used. */
import { DatabaseError } from './database-error.ts';

/**
 * Imports a package that may not be there.
 *
 * @throws DatabaseError naming the command that installs it.
 */
export async function openPeer<T>(name: string, need: string, load: () => Promise<T>): Promise<T> {
  try {
    return await load();
  } catch (cause) {
    throw new DatabaseError(`${need} needs the package ${name}: run \`npm install ${name}\``, { cause });
  }
}
