/**
 * Who reads or makes a value hears what is invalidated meanwhile: between asking Redis, or the factory, and putting the
 * answer into memory, it may have been deleted. By the entry's own tags, which are not known before it is there. Where threads
 * share a memory, each hears what any of them invalidates.
 */
import type { Invalidation } from './invalidation.ts';

/** More than this are not remembered one by one. */
const most = 1000;

/** Whether a key is gone by a deletion here, or since another value was set, or by the word of others, who tell no difference. */
export type By = 'deletion' | 'other';

/** What is invalidated by threads that share a memory, in order. */
export interface SharedChanges {
  /** The number of the last one. */
  readonly last: number;
  /** Has all of them hear it; its number. */
  note(invalidation: Invalidation, by: By): number;
  /** Whether something with this key or one of these tags is gone since the change of that number. */
  isGone(key: string, tags: string[], since: number): boolean;
  /** The same for a value that is set, as {@link Watch.isDeleted} has it. */
  isDeleted(key: string, tags: string[], since: number): boolean;
}

export class Watches {
  readonly #open = new Set<Watch>();
  #shared: SharedChanges | undefined;

  begin(): Watch {
    const watch = new Watch(this.#shared, (ended) => this.#open.delete(ended));
    this.#open.add(watch);
    return watch;
  }

  /** Hears other threads from now on, and is heard by them; or no longer. */
  share(changes: SharedChanges | undefined): void {
    this.#shared = changes;
    for (const watch of this.#open) watch.share(changes);
  }

  /** Has all who watch hear it, in all threads; where there are several, its number. */
  note(invalidation: Invalidation, by: By): number | undefined {
    for (const watch of this.#open) watch.note(invalidation, by);
    return this.#shared?.note(invalidation, by);
  }

  /** Others may have said something that was not heard. */
  noteGap(): void {
    for (const watch of this.#open) watch.noteGap();
  }
}

export class Watch {
  readonly #onEnd: (watch: Watch) => void;
  #shared: SharedChanges | undefined;
  /** The last change of any thread before it began; undefined where threads share nothing. */
  since: number | undefined;
  #heard: (Invalidation & { readonly by: By })[] = [];
  /** Others may have said something that was not heard. */
  hasGap = false;

  constructor(shared: SharedChanges | undefined, onEnd: (watch: Watch) => void) {
    this.#onEnd = onEnd;
    this.share(shared);
  }

  share(changes: SharedChanges | undefined): void {
    this.#shared = changes;
    this.since = changes?.last;
  }

  note(invalidation: Invalidation, by: By): void {
    if (this.#heard.length < most) this.#heard.push({ ...invalidation, by });
    else this.#heard = [{ all: true, by }];
  }

  noteGap(): void {
    this.hasGap = true;
  }

  /** Whether that is so, or may be: what was said in a gap was not heard. */
  mayBeGone(key: string, tags: Iterable<string>): boolean {
    return this.hasGap || this.isGone(key, tags);
  }

  /** Whether something with this key or one of these tags is gone since the watch began. */
  isGone(key: string, tags: Iterable<string>): boolean {
    const own = [...tags];
    return this.#hears(key, own, ['deletion', 'other']) || this.isGoneByThreads(key, own);
  }

  /** The same by the word of the threads that share a memory alone. */
  isGoneByThreads(key: string, tags: Iterable<string>): boolean {
    return this.#shared?.isGone(key, [...tags], this.since!) ?? false;
  }

  /** The same for a value that is set. Of two that are set at once the later stays, and neither deletes the other. */
  isDeleted(key: string, tags: Iterable<string>): boolean {
    const own = [...tags];
    return this.#hears(key, own, ['deletion']) || (this.#shared?.isDeleted(key, own, this.since!) ?? false);
  }

  #hears(key: string, names: Iterable<string>, by: readonly By[]): boolean {
    if (this.#heard.length === 0) return false;
    const own = new Set(names);
    return this.#heard.some(({ keys, tags, all, by: whose }) => {
      if (all === true || tags?.some((tag) => own.has(tag)) === true) return true;
      return by.includes(whose) && keys?.includes(key) === true;
    });
  }

  end(): void {
    this.#onEnd(this);
  }
}
