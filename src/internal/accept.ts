/** An Accept header goes in, how much each media type is wanted comes out (RFC 9110 §12.5.1). */
import { parseMediaType } from './media-type.ts';
import type { MediaType } from './media-type.ts';

/** One range of an Accept header, such as `text/*` or `text/html;level=1`. */
export interface MediaRange {
  readonly essence: string;
  /** Without the weight. */
  readonly parameters: readonly (readonly [name: string, value: string])[];
  readonly quality: number;
}

/** What is looked for: a media type, or only its name. */
type Offer = Pick<MediaType, 'essence' | 'parameters'>;

const quality = /^(?:0(?:\.[0-9]{0,3})?|1(?:\.0{0,3})?)$/;
const noParameters: Readonly<Record<string, string>> = Object.freeze({});

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
  return accept === undefined ? 1 : rangeQuality(parseAccept(accept), { essence, parameters: noParameters });
}

/** The ranges of an Accept header, malformed ones left out. */
export function parseAccept(accept: string): MediaRange[] {
  const ranges: MediaRange[] = [];
  for (let start = 0; start < accept.length && ranges.length < maxRanges;) {
    const end = endOfElement(accept, start);
    const mediaType = parseMediaType(accept.slice(start, end).trim());
    if (mediaType !== undefined) ranges.push(toRange(mediaType));
    start = end + 1;
  }
  return ranges;
}

/** Where the next comma stands that is not within quotes; the end, where there is none. */
function endOfElement(text: string, start: number): number {
  let isQuoted = false;
  for (let at = start; at < text.length; at++) {
    const character = text[at];
    if (character === '"') isQuoted = !isQuoted;
    else if (character === '\\' && isQuoted) at++;
    else if (character === ',' && !isQuoted) return at;
  }
  return text.length;
}

/** The quality that the most specific of `ranges` gives an offer: 0 where none has it. */
export function rangeQuality(ranges: readonly MediaRange[], offer: Offer): number {
  let found = -1;
  let best = 0;
  for (const range of ranges) {
    const rank = rankOf(range, offer);
    if (rank > found) {
      found = rank;
      best = range.quality;
    }
  }
  return best;
}

/**
 * The offer that is wanted most, of equally wanted ones the first; undefined where none is. A header that is missing, or
 * has no range that can be understood, wants everything.
 */
export function chooseOffer<T extends Offer>(accept: string | undefined, offers: readonly T[]): T | undefined {
  const ranges = accept === undefined || accept === '*/*' ? [] : parseAccept(accept);
  if (ranges.length === 0) return offers[0];
  let chosen: T | undefined;
  let best = 0;
  for (const offer of offers) {
    const wanted = rangeQuality(ranges, offer);
    if (wanted > best) {
      best = wanted;
      chosen = offer;
    }
  }
  return chosen;
}

/** How closely a range names an offer: parameters before a type, a type before half of it, that before anything; -1: not. */
function rankOf({ essence, parameters }: MediaRange, offer: Offer): number {
  const base =
    essence === offer.essence
      ? 200
      : essence === '*/*'
        ? 0
        : essence.endsWith('/*') && offer.essence.startsWith(essence.slice(0, -1))
          ? 100
          : -1;
  if (base === -1) return -1;
  return parameters.every((parameter) => hasParameter(offer, parameter)) ? base + parameters.length : -1;
}

/** Everything is sent in UTF-8, so a range that asks for that is met by formats that do not say so, JSON among them. */
function hasParameter(offer: Offer, [name, value]: readonly [string, string]): boolean {
  const own = offer.parameters[name];
  if (name === 'charset') return value.toLowerCase() === (own ?? 'utf-8').toLowerCase();
  return own === value;
}

function toRange({ essence, parameters }: MediaType): MediaRange {
  const { q: weight, ...others } = parameters;
  return {
    essence,
    parameters: Object.entries(others),
    quality: weight === undefined ? 1 : quality.test(weight) ? Number(weight) : 0,
  };
}
