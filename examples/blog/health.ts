/** Whether the application can do its work: what a load balancer asks. */
import { reply, type Covet } from 'covet';
import { connections } from 'covet/connections';
import { z } from 'zod';

const Status = z.enum(['up', 'down']);

/** Why something is down names hosts, and is left out: a response has what its schema names. */
const Health = z.object({
  status: Status,
  connections: z.record(z.string(), z.object({ status: Status, latency_ms: z.number() })),
});

/** Adds `GET /health`: every pool that is open is asked for a sign of life. */
export function addHealth(app: Covet): void {
  app.get(
    '/health',
    { summary: 'Ask whether all is well', response: { 200: Health, 503: Health }, deps: { connections } },
    async ({ connections }) => {
      const checks = await connections.check();
      return reply(checks.status === 'up' ? 200 : 503, checks, { headers: { 'cache-control': 'no-store' } });
    },
  );
}
