import { fileURLToPath } from 'node:url';

/** The folder of the benchmark's own package. */
export const benchmarkRoot: string = fileURLToPath(new URL('..', import.meta.url));

/** Where servers and load generators are put as JavaScript; never committed. */
export const buildRoot: string = fileURLToPath(new URL('../build', import.meta.url));
