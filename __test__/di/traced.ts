/** Generators that write down what happens to them. */
import { Depends } from '../../src/di/depends.ts';

export interface Traced {
  readonly log: string[];
  readonly sync: (name: string, needs?: object) => ReturnType<typeof Depends<never, Generator<string>>>;
  readonly late: (name: string, needs?: object) => ReturnType<typeof Depends<never, AsyncGenerator<string>>>;
}

export function traced(): Traced {
  const log: string[] = [];
  return {
    log,
    sync: (name, needs = {}) =>
      Depends(needs as never, function* () {
        log.push(`${name} opens`);
        try {
          yield name;
          log.push(`${name} commits`);
        } catch (error) {
          log.push(`${name} sees ${(error as Error).message}`);
          throw error;
        } finally {
          log.push(`${name} closes`);
        }
      }),
    late: (name, needs = {}) =>
      Depends(needs as never, async function* () {
        await Promise.resolve();
        log.push(`${name} opens`);
        try {
          yield name;
          log.push(`${name} commits`);
        } catch (error) {
          log.push(`${name} sees ${(error as Error).message}`);
          throw error;
        } finally {
          log.push(`${name} closes`);
        }
      }),
  };
}
