/** The repository's own files, for the specs that prove its rules. */
import { readFileSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

/** The repository's folder. */
export const root = fileURLToPath(new URL('../..', import.meta.url));

/** A file's text, by its path from the repository's folder. */
export function readText(file: string): string {
  return readFileSync(path.join(root, file), 'utf8');
}

/** The files with one of these endings below a folder, as paths from the repository's folder with `/`. */
export function listFiles(folder: string, ...endings: string[]): string[] {
  return readdirSync(path.join(root, folder), { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile() && endings.some((ending) => entry.name.endsWith(ending)))
    .map((entry) => path.relative(root, path.join(entry.parentPath, entry.name)).replaceAll('\\', '/'))
    .filter((file) => !file.includes('/node_modules/'))
    .sort();
}
