import { growthLimitMib, growthOfSecondHalf } from './judge.ts';
import type { SoakReport } from './soak.ts';

/** A run on one screen. */
export function renderSoak({ options, deeds, before, after, memory, leaks }: SoakReport): string {
  const done = [...deeds].map(([name, count]) => `${name} ${count}`).join(', ');
  const sizes = memory.map(({ mib }) => mib);
  const ofHalf = sizes.slice(sizes.length >> 1);
  const rows = Object.keys(before).filter((name) => name !== 'mib') as (keyof typeof before)[];
  return [
    `Soak of ${options.seconds} s with ${options.clients} clients, seed ${options.seed}`,
    `  done         ${done}`,
    ...rows.map((name) => `  ${name.padEnd(14)} ${before[name]} before, ${after[name]} after`),
    `  memory         ${Math.min(...ofHalf).toFixed(1)} to ${Math.max(...ofHalf).toFixed(1)} MiB in the second half, ` +
      `growth by slope ${growthOfSecondHalf(memory).toFixed(1)} MiB (at most ${growthLimitMib})`,
    ...leaks.map((leak) => `  FAULT ${leak}`),
    leaks.length === 0 ? 'Nothing leaked.' : `${leaks.length} faults.`,
  ].join('\n');
}
