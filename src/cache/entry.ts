/** What is kept under a key, and how it stands in Redis. */
import type { Payload } from './codec.ts';

/** A value with its times, in milliseconds of the cache's clock. */
export interface Entry {
  readonly payload: Payload;
  /** When it was made. */
  readonly createdAt: number;
  /** Until then it is given without asking anybody. */
  readonly freshUntil: number;
  /** Until then it is given where there is nothing better. */
  readonly staleUntil: number;
  /** Its tags, each with the version it had before the value was made; `''` where that could not be told. */
  readonly tags: ReadonlyMap<string, string>;
  /** The version of everything before the value was made; `''` where that could not be told. */
  readonly epoch: string;
}

/** What tells whether an entry was made before something was invalidated. */
export type Versions = Pick<Entry, 'epoch' | 'tags'>;

/** The version of the form; what says another is not read. */
const form = 'covet2';

/** A head longer than this is not ours. */
const longestHead = 65_536;

/** One line of facts, and the payload behind it. */
export function toEnvelope(entry: Entry, codec: string): Buffer {
  const { createdAt, freshUntil, staleUntil, tags, epoch, payload } = entry;
  const list = [...tags].map(([tag, version]) => `${encodeURIComponent(tag)}=${version}`).join(',');
  const head = `${form} ${codec} ${epoch} ${createdAt} ${freshUntil} ${staleUntil} ${list}\n`;
  return Buffer.concat([Buffer.from(head, 'latin1'), typeof payload === 'string' ? Buffer.from(payload) : payload]);
}

const headSyntax = /^covet2 ([a-z]) ([\w-]{0,40}) (\d{1,16}) (\d{1,16}) (\d{1,16}) (\S*)$/;

/** What {@link toEnvelope} made with the same codec; undefined for anything else. Never throws. */
export function fromEnvelope(bytes: Buffer, codec: string): Entry | undefined {
  const end = bytes.subarray(0, longestHead).indexOf(10);
  if (end < 0) return undefined;
  const match = headSyntax.exec(bytes.toString('latin1', 0, end));
  if (match === null || match[1] !== codec) return undefined;
  const tags = toTags(match[6]!);
  if (tags === undefined) return undefined;
  const body = bytes.subarray(end + 1);
  return {
    payload: codec === 'j' ? body.toString('utf8') : body,
    createdAt: Number(match[3]),
    freshUntil: Number(match[4]),
    staleUntil: Number(match[5]),
    tags,
    epoch: match[2]!,
  };
}

function toTags(list: string): Map<string, string> | undefined {
  const tags = new Map<string, string>();
  if (list === '') return tags;
  for (const pair of list.split(',')) {
    const at = pair.indexOf('=');
    if (at < 1) return undefined;
    try {
      tags.set(decodeURIComponent(pair.slice(0, at)), pair.slice(at + 1));
    } catch {
      // Not an escape we write: somebody else's bytes.
      return undefined;
    }
  }
  return tags;
}
