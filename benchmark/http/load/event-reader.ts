import type { ServerEvent } from '../servers/bodies/fixtures.ts';

/** Reads server-sent events off the text of a stream, as far as it has come: whole events only. */
export class EventReader {
  #rest = '';

  /** Takes the next text of the stream, and gives the events that it completes; comments are passed over. */
  push(text: string): ServerEvent[] {
    const blocks = (this.#rest + text).split('\n\n');
    this.#rest = blocks.pop() ?? '';
    return blocks.map(toEvent).filter((event) => event !== undefined);
  }

  /** What is left that is no whole event. */
  get rest(): string {
    return this.#rest;
  }
}

function toEvent(block: string): ServerEvent | undefined {
  const fields = { id: '', event: '', data: '' };
  let isEvent = false;
  for (const line of block.split('\n')) {
    const colon = line.indexOf(':');
    const name = line.slice(0, colon);
    if (name !== 'id' && name !== 'event' && name !== 'data') continue;
    const value = line.slice(colon + 1);
    fields[name] = value.startsWith(' ') ? value.slice(1) : value;
    if (name === 'data') isEvent = true;
  }
  return isEvent ? fields : undefined;
}
