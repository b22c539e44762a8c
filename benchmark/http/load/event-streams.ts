import { connect } from 'node:net';
import type { Socket } from 'node:net';
import { createHistogram, performance } from 'node:perf_hooks';

import type { Tick } from '../servers/bodies/fixtures.ts';
import { EventReader } from './event-reader.ts';
import type { LoadJob, LoadResult } from './job.ts';
import { ResponseReader } from './response-reader.ts';

const clockQuestions = 200;

/**
 * Listens on every connection to an event stream that does not end, and takes how long each event was under way: from
 * the server's clock in it to its arrival here.
 */
export async function runEventStreams(job: LoadJob): Promise<LoadResult> {
  const offsetMs = await findClockOffset(job.port);
  const latencies = createHistogram();
  const state = { events: 0, isOver: false, lost: 0 };
  const { path, headers } = job.request;
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  const head = `GET ${path} HTTP/1.1\r\nHost: 127.0.0.1:${job.port}\r\n${lines.join('')}\r\n`;
  const listen = (socket: Socket): void => {
    const reader = new ResponseReader();
    const events = new EventReader();
    socket.on('data', (chunk: Buffer) => {
      // By the arrival of the bytes, not by when this program has come to the last event in them.
      const now = performance.now();
      reader.push(chunk, (bytes) => {
        for (const { data } of events.push(bytes.toString())) {
          state.events += 1;
          const { at } = JSON.parse(data) as Tick;
          latencies.record(Math.max(1, Math.round((now - at - offsetMs) * 1000)));
        }
      });
    });
    socket.on('error', () => undefined);
    socket.on('close', () => {
      if (!state.isOver) state.lost += 1;
    });
    socket.write(head);
  };
  const sockets = await Promise.all(Array.from({ length: job.connections }, () => open(job.port)));
  const started = performance.now();
  // Not all at once: streams that were opened together would send together.
  for (const socket of sockets) {
    listen(socket);
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
  await new Promise((resolve) => setTimeout(resolve, job.seconds * 1000));
  const seconds = (performance.now() - started) / 1000;
  state.isOver = true;
  for (const socket of sockets) socket.destroy();
  return {
    requests: state.events,
    seconds,
    p50Ms: latencies.percentile(50) / 1000,
    p99Ms: latencies.percentile(99) / 1000,
    non2xx: 0,
    socketErrors: state.lost,
  };
}

/** Our clock minus the server's, in ms: from the question that was answered fastest, half-way between its two ends. */
async function findClockOffset(port: number): Promise<number> {
  let fastest = Infinity;
  let offset = 0;
  for (let question = 0; question < clockQuestions; question += 1) {
    const before = performance.now();
    const response = await fetch(`http://127.0.0.1:${port}/clock`);
    const { at } = (await response.json()) as Tick;
    const after = performance.now();
    if (after - before >= fastest) continue;
    fastest = after - before;
    offset = (before + after) / 2 - at;
  }
  return offset;
}

function open(port: number): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1');
    socket.setNoDelay(true);
    socket.once('error', reject);
    socket.once('connect', () => {
      socket.removeListener('error', reject);
      resolve(socket);
    });
  });
}
