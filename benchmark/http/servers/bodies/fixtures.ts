import { fileURLToPath } from 'node:url';

/** What servers of the body cases send, and what is sent to them: the same in every process, without a file to share. */

const MIB = 1024 * 1024;

/** Bytes without a pattern, and the same every time: xorshift32. */
function randomBytes(size: number, seed: number): Uint8Array {
  const bytes = new Uint8Array(size);
  let state = seed;
  for (let index = 0; index < size; index += 1) {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    bytes[index] = state & 0xff;
  }
  return bytes;
}

/** 1 MiB that begins as a JPEG does, for servers that look. */
export const photo: Uint8Array = randomBytes(MIB, 0x9e3779b9);
photo.set([0xff, 0xd8, 0xff, 0xe0]);

const pieceSize = 64 * 1024;

/** The 1 MiB in 64 KiB pieces, as a program that makes them one after another yields them. */
export async function* photoInPieces(): AsyncGenerator<Uint8Array, void> {
  for (let start = 0; start < photo.length; start += pieceSize) yield photo.subarray(start, start + pieceSize);
}

export interface Product {
  readonly id: number;
  readonly sku: string;
  readonly name: string;
  readonly description: string;
  readonly price: number;
  readonly isInStock: boolean;
  readonly tags: readonly string[];
}

const nouns = ['lamp', 'chair', 'kettle', 'notebook', 'bicycle', 'blanket', 'compass', 'radio', 'ladder', 'mirror'];
const adjectives = ['small', 'folding', 'bright', 'heavy', 'quiet', 'green', 'woollen', 'copper', 'round', 'plain'];

function productOf(index: number): Product {
  const noun = nouns[(index * 7) % nouns.length] as string;
  const adjective = adjectives[(index * 3 + (index >> 3)) % adjectives.length] as string;
  return {
    id: 1000 + index,
    sku: `SKU-${((index * 2_654_435_761) >>> 0).toString(16).padStart(8, '0')}`,
    name: `A ${adjective} ${noun}`,
    description: `Our ${adjective} ${noun} of the year ${1900 + (index % 120)}, made to last and shipped within ${1 + (index % 5)} days.`,
    price: 5 + ((index * 137) % 995) / 10,
    isInStock: index % 4 !== 0,
    tags: [noun, adjective],
  };
}

/** What is some 50 KB as JSON. */
export const catalogue: { readonly products: readonly Product[] } = {
  products: Array.from({ length: 215 }, (_, index) => productOf(index)),
};

/** Of gzip and of brotli, the same for all: what plugins take by default. */
export const gzipLevel = 6;
export const brotliQuality = 4;

/** 10 KB of HTML. */
export const page: Uint8Array = new TextEncoder().encode(
  `<!doctype html>\n<title>Catalogue</title>\n${JSON.stringify(catalogue.products).slice(0, 10_200 - 42)}\n`,
);

/** The folder whose files `GET /files/...` answers; `http/build.ts` fills it, beside the servers it builds. */
export const filesFolder: string = fileURLToPath(new URL('../../files', import.meta.url));

/** One event of an event stream; its data is JSON. */
export interface ServerEvent {
  readonly id: string;
  readonly event: string;
  readonly data: string;
}

export interface Reading {
  readonly sensor: string;
  readonly celsius: number;
  readonly sequence: number;
}

export const eventsInStream = 1000;

export function readingOf(index: number): Reading {
  return { sensor: `hall-${index % 12}`, celsius: 18 + ((index * 31) % 90) / 10, sequence: index };
}

/** Time between two events of `GET /ticks`, on each connection. */
export const tickMs = 20;

/** What `GET /ticks` sends: when it was sent, by the clock of `GET /clock`. */
export interface Tick {
  readonly at: number;
}

/** What uploads answer. */
export interface Uploaded {
  readonly title: string;
  readonly author: string;
  readonly year: string;
  readonly name: string;
  readonly type: string;
  readonly size: number;
}

/** Bytes that one upload may have; the same limit everywhere. */
export const uploadLimit = 2 * MIB;
