/** Asks something that may be dead: what fails is left alone for a while, so that its time-outs are not everybody's. */

/** What a {@link Circuit} is made with. */
export interface CircuitOptions {
  /** How long an answer may take, in milliseconds. */
  readonly timeout: number;
  readonly onFault: (error: unknown) => void;
}

const shortestRest = 250;
const longestRest = 5000;

/** What {@link Circuit.run} gives when nothing was asked, or nothing came back. */
export const noAnswer: unique symbol = Symbol('no answer');

export class Circuit {
  readonly #options: CircuitOptions;
  #restUntil = 0;
  #failures = 0;

  constructor(options: CircuitOptions) {
    this.#options = options;
  }

  /** Whether it is being left alone. */
  get isOpen(): boolean {
    return performance.now() < this.#restUntil;
  }

  /** Has the next one ask. */
  endRest(): void {
    this.#restUntil = 0;
  }

  /** What `work` gives, or {@link noAnswer}. Never rejects. */
  async run<T>(work: () => Promise<T>): Promise<T | typeof noAnswer> {
    if (this.isOpen) return noAnswer;
    // One goes ahead where the rest is over; those behind it keep off until it is back.
    if (this.#failures > 0) this.#rest();
    try {
      const answer = await this.#within(work());
      this.#failures = 0;
      this.#restUntil = 0;
      return answer;
    } catch (error) {
      // A server that says no is there: leaving it alone would turn one full disk into misses for everybody.
      if (!(error instanceof Error && error.name === 'ReplyError')) {
        this.#failures += 1;
        this.#rest();
      }
      this.#options.onFault(error);
      return noAnswer;
    }
  }

  #rest(): void {
    const rest = Math.min(longestRest, shortestRest * 2 ** Math.min(this.#failures, 8));
    this.#restUntil = performance.now() + rest;
  }

  #within<T>(answer: Promise<T>): Promise<T> {
    const { timeout } = this.#options;
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error(`no answer within ${timeout} ms`)), timeout);
      answer.then(resolve, reject).finally(() => clearTimeout(timer));
    });
  }
}
