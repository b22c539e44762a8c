/**
 * Runs a TypeScript program. A worker thread runs it again by the same way: in Node 20 it does not inherit the loader
 * that `--import=tsx` gives the main thread.
 */
import { register } from 'tsx/esm/api';

register();
await import(new URL(`../${process.argv[2]}`, import.meta.url).href);
