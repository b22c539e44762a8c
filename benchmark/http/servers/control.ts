import { performance } from 'node:perf_hooks';

/**
 * Tells the benchmark which port this server listens on, and from then on answers its questions.
 *
 * The line of communication is standard input and output, which every runtime has. When the benchmark goes away,
 * however it does, input ends and so does the server: nothing is left behind.
 */
export function announce(port: number): void {
  process.stdout.write(`${JSON.stringify({ port })}\n`);
  process.stdin.setEncoding('utf8');
  process.stdin.on('data', (text: string) => {
    for (const line of text.split('\n')) if (line === 'loop') reportLoop();
  });
  process.stdin.on('end', () => process.exit(0));
}

function reportLoop(): void {
  const { active, idle } = performance.eventLoopUtilization();
  // A runtime that has the function but not the measure answers zeros.
  const loopActiveMs = active + idle > 0 ? active : null;
  process.stdout.write(`${JSON.stringify({ loopActiveMs })}\n`);
}
