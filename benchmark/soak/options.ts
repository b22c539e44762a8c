import { parseArgs } from 'node:util';

import type { SoakOptions } from './soak.ts';

export const usage = `npm run soak -- [options]

  --minutes n   how long; default 10
  --clients n   clients at work at once, a third of which do not behave; default 48
  --seed n      of what clients choose; default a new one each time, which the report names
  --help        this text
`;

/**
 * Reads the command line.
 *
 * @returns undefined where help is asked for.
 * @throws Error that says which option is wrong.
 */
export function parseSoakOptions(args: readonly string[]): SoakOptions | undefined {
  const { values } = parseArgs({
    args: [...args],
    options: {
      minutes: { type: 'string', default: '10' },
      clients: { type: 'string', default: '48' },
      seed: { type: 'string', default: String(Math.floor(Math.random() * 1_000_000)) },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) return undefined;
  const [minutes, clients, seed] = [Number(values.minutes), Number(values.clients), Number(values.seed)];
  if (!(minutes > 0 && Number.isFinite(minutes)))
    throw new Error(`--minutes wants a number above 0, not "${values.minutes}"`);
  if (!(Number.isInteger(clients) && clients >= 3))
    throw new Error(`--clients wants at least 3, not "${values.clients}"`);
  if (!(Number.isInteger(seed) && seed >= 0)) throw new Error(`--seed wants a whole number, not "${values.seed}"`);
  return { seconds: minutes * 60, clients, seed };
}
