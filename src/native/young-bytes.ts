/**
 * Collects the buffers of a stream while they are young.
 *
 * V8 counts a buffer's bytes against the limit of its old generation, wherever the buffer lies. That limit is some 16 MiB above
 * a small heap; the young generation is collected for the sake of buffers at 32 MiB. So a process that little else is asked of
 * marks its whole heap for each 16 MiB that it reads, though nearly all of them are garbage already: a body of 1 MiB then
 * takes up to 2.5 times the CPU (2 connections, `req.stream` counted chunk by chunk, Node 20; medians of 5 interleaved runs).
 * To collect the young before that takes a millisecond.
 */
import v8 from 'node:v8';
import vm from 'node:vm';

/**
 * Bytes between two collections, at least: half of V8's limit, since what one of them finds is counted until the next, and
 * some less for what is alive. To the limit comes what the young generation may have, which shrinks where there is little to do.
 */
const LEAST = 4 * 1024 * 1024;

let collect: NodeJS.GCFunction | undefined;
let left = LEAST;

/** These bytes were put into a buffer of their own, which somebody reads and, as a rule, forgets. */
export function countYoung(bytes: number): void {
  left -= bytes;
  if (left > 0) return;
  collect ??= findCollector();
  collect({ type: 'minor' });
  left = LEAST + sizeOfYoung() / 2;
}

/** Bytes that the young generation may have now: 512 KiB behind a rest, 16 MiB under load. Asked, V8 takes some 6 µs. */
function sizeOfYoung(): number {
  const young = v8.getHeapSpaceStatistics().find(({ space_name: name }) => name === 'new_space');
  return young === undefined ? 0 : young.space_used_size + young.space_available_size;
}

/** V8's own function, which a context has where the flag stands while it is made. */
function findCollector(): NodeJS.GCFunction {
  const { gc } = globalThis;
  if (gc !== undefined) return gc;
  v8.setFlagsFromString('--expose-gc');
  const found = vm.runInNewContext('gc') as NodeJS.GCFunction;
  v8.setFlagsFromString('--no-expose-gc');
  return found;
}
