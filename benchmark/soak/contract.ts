/** What server and clients of the soak agree upon. */

/** Bytes of a body, where a route says nothing else. */
export const bodyLimit = 256 * 1024;

/** Bytes of a body that is streamed, in or out, and of a file. */
export const streamLimit = 4 * 1024 * 1024;

const period = 251;
const pattern = Buffer.alloc(streamLimit + period, Buffer.from(Array.from({ length: period }, (_, index) => index)));

/** The bytes from `at` on of the stream that every server of the soak sends: each tells where it stands. */
export function patternOf(at: number, length: number): Buffer {
  const start = at % period;
  return pattern.subarray(start, start + length);
}

/** The files of the server's folder, on both sides of what is read in one piece. */
export const fileSizes: Readonly<Record<string, number>> = {
  'empty.bin': 0,
  'small.bin': 1000,
  'piece.bin': 128 * 1024,
  'large.bin': 3_000_000,
};

/** What is worth compressing. */
export function catalogueOf(count: number): {
  readonly products: readonly { readonly id: number; readonly name: string }[];
} {
  return { products: Array.from({ length: count }, (_, id) => ({ id, name: `Product ${id * 7}` })) };
}
