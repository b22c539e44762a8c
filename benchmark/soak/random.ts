/** Numbers from a seed: the same seed, the same choices. Only timing is left to chance. */
export class Random {
  #state: number;

  constructor(seed: number) {
    // Never 0: xorshift stays there for ever.
    this.#state = Math.imul(seed ^ 0x9e3779b9, 0x85ebca6b) || 1;
  }

  /** From 0 up to 1, which it never is. */
  next(): number {
    let state = this.#state;
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    this.#state = state;
    return (state >>> 0) / 2 ** 32;
  }

  /** A whole number from `least` to `most`, both possible. */
  whole(least: number, most: number): number {
    return least + Math.floor(this.next() * (most - least + 1));
  }

  bool(share = 0.5): boolean {
    return this.next() < share;
  }

  pick<T>(values: readonly T[]): T {
    return values[this.whole(0, values.length - 1)] as T;
  }

  /** One that comes as often as its weight says. */
  weighted<T extends { readonly weight: number }>(values: readonly T[]): T {
    let left = this.next() * values.reduce((sum, { weight }) => sum + weight, 0);
    return values.find(({ weight }) => (left -= weight) < 0) ?? (values.at(-1) as T);
  }

  bytes(size: number): Buffer {
    const bytes = Buffer.allocUnsafe(size);
    const start = this.whole(0, 250);
    // A pattern whose every part tells where it is from: what is swapped or repeated shows.
    for (let index = 0; index < size; index += 1) bytes[index] = (start + index + (index >>> 8) * 7) & 0xff;
    return bytes;
  }
}
