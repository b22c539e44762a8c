/**
 * What an application does, written once and asked three ways: over a socket, by inject, by fetch.
 * Each way has to pass, and all have to get the same response, but where a way cannot carry something: those stand in one
 * list, with the reason, and each of them has to be needed.
 */
import assert from 'node:assert/strict';

import test from 'ava';

import { Covet } from '../../src/index.ts';
import { answers } from './answers.ts';
import type { BehaviourGroup, MatrixResponse, Send } from './behaviour.ts';
import { bodies } from './bodies.ts';
import { compression } from './compression.ts';
import { errors } from './errors.ts';
import { exceptions } from './exceptions.ts';
import { files } from './files.ts';
import { formats } from './formats.ts';
import { layers, timeouts } from './layers.ts';
import { routing, schemes } from './routing.ts';
import { ways } from './ways.ts';
import type { Way } from './ways.ts';
import { webRequests } from './web-requests.ts';

const groups: readonly BehaviourGroup[] = [
  routing,
  schemes,
  ...bodies,
  answers,
  formats,
  ...files,
  compression,
  ...errors,
  ...layers,
  timeouts,
  webRequests,
];

/** Fields of one connection (RFC 9110, 7.6.1): whoever brings a server of their own has others. */
const OF_CONNECTION = new Set(['connection', 'keep-alive', 'transfer-encoding', 'trailer']);
/** Made anew for each response. */
const OWN = /[\da-f]{8}-[\da-f]{4}-[\da-f]{4}-[\da-f]{4}-[\da-f]{12}|\b[\da-f]{32}\b/g;

/** A response without what differs from one to the next. */
function toRecord({ status, headers, cookies, body, isWhole }: MatrixResponse): unknown {
  const kept = Object.entries(headers).filter(([name]) => name !== 'date' && !OF_CONNECTION.has(name));
  const mask = (text: string): string => text.replaceAll(OWN, 'own');
  const fields = kept.map(([name, value]) => `${name}: ${mask(value)}`).sort();
  // A body that breaks off does so wherever it happens to be.
  return { status, fields, cookies: cookies.map(mask), isWhole, body: isWhole && mask(body.toString('latin1')) };
}

const isExcepted = (way: Way, behaviour: string): boolean =>
  exceptions.some((exception) => exception.way === way && exception.behaviour === behaviour);

for (const group of groups) {
  const senders = new Map<Way, Send>();
  const apps: Covet[] = [];
  test.before(`${group.name}: starts`, async () => {
    for (const way of Object.keys(ways) as Way[]) {
      const app = new Covet({ mode: 'production', ...group.options, logger: false });
      apps.push(app);
      group.register(app);
      senders.set(way, await ways[way](app));
    }
  });
  test.after.always(`${group.name}: closes`, async () => {
    await Promise.all(apps.map((app) => app.close(0)));
  });
  for (const [name, run] of Object.entries(group.behaviours)) {
    const behaviour = `${group.name}: ${name}`;
    test(behaviour, async (t) => {
      let first: { readonly way: Way; readonly records: readonly unknown[] } | undefined;
      for (const [way, send] of senders) {
        const records: unknown[] = [];
        const running = run(async (request) => {
          const response = await send(request);
          records.push(toRecord(response));
          return response;
        });
        if (isExcepted(way, behaviour)) {
          await t.throwsAsync(running, { any: true }, `${way} can do it: take its exception off the list`);
          continue;
        }
        await t.notThrowsAsync(running, way);
        first ??= { way, records };
        t.notThrows(() => assert.deepEqual(records, first!.records), `${way} answers like ${first.way}`);
      }
    });
  }
}

test('every exception is one of a behaviour there is, with its reason', (t) => {
  const names = groups.flatMap((group) => Object.keys(group.behaviours).map((name) => `${group.name}: ${name}`));
  t.is(new Set(names).size, names.length, 'each name once');
  const keys = exceptions.map(({ way, behaviour }) => `${way} ${behaviour}`);
  t.is(new Set(keys).size, keys.length, 'each exception once');
  for (const { behaviour, reason, way } of exceptions) {
    t.true(names.includes(behaviour), behaviour);
    t.not(way, 'socket', 'what a socket cannot do is no behaviour');
    t.true(reason.length > 20, behaviour);
  }
});
