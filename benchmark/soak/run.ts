/** `npm run soak`: see README.md. Ends with 0 when nothing leaked, 1 when something did, 2 for a wrong option. */
import { parseSoakOptions, usage } from './options.ts';
import { renderSoak } from './report.ts';
import { soak } from './soak.ts';

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, () => process.exit(1));

process.exitCode = await main();

async function main(): Promise<number> {
  let options;
  try {
    options = parseSoakOptions(process.argv.slice(2));
  } catch (error) {
    console.error(`${error instanceof Error ? error.message : String(error)}\n\n${usage}`);
    return 2;
  }
  if (options === undefined) {
    console.log(usage);
    return 0;
  }
  console.log(`Seed ${options.seed}: --seed ${options.seed} makes the same choices again.`);
  const report = await soak(options);
  console.log(renderSoak(report));
  return report.leaks.length === 0 ? 0 : 1;
}
