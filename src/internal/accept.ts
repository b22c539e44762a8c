/** An Accept header goes in, how much each media type is wanted comes out (RFC 9110 §12.5.1). */
import { parseMediaType } from './media-type.ts';

/** One range of an Accept header. */
interface Range {
  readonly essence: string;
  readonly quality: number;
}

const quality = /^(?:0(?:\.[0-9]{0,3})?|1(?:\.0{0,3})?)$/;

// A header is bounded by the server, but splitting thousands of ranges for one answer is nobody's need.
const maxRanges = 64;

/**
 * The quality an Accept header gives a media type, 0 to 1; its most specific range decides. Without a header
 * everything is wanted (1); malformed ranges are passed over.
 *
 * @example
 * ```ts
 * import { acceptQuality } from './accept.ts';
 *
 * console.log(acceptQuality('text/*;q=0.5, application/json', 'text/plain')); // 0.5
 * console.log(acceptQuality('text/*;q=0.5, application/json', 'image/png')); // 0
 * ```
 */
export function acceptQuality(accept: string | undefined, essence: string): number {
  if (accept === undefined) return 1;
  const [type] = essence.split('/');
  let found = -1;
  let best = 0;
  for (const range of toRanges(accept)) {
    const rank = range.essence === essence ? 2 : range.essence === `${type}/*` ? 1 : range.essence === '*/*' ? 0 : -1;
    if (rank > found) {
      found = rank;
      best = range.quality;
    }
  }
  return best;
}

function toRanges(accept: string): Range[] {
  return accept
    .split(',', maxRanges)
    .map((part) => parseMediaType(part.trim()))
    .filter((mediaType) => mediaType !== undefined)
    .map(({ essence, parameters }) => {
      const weight = parameters['q'];
      return { essence, quality: weight === undefined ? 1 : quality.test(weight) ? Number(weight) : 0 };
    });
}
