/**
 * What dependency injection costs a request: nanoseconds for opening, and closing, one plan.
 *
 * Run: `npx tsx benchmark/micro/dependencies.ts [--json]`. Each figure is the median of 21 rounds of about 20 ms, cases
 * interleaved round by round, so that a busy moment of the machine hits all of them. Factories do next to nothing:
 * what is measured is the framework's share. "bare" is the same work written by hand.
 */
import { Container } from '../../src/di/container.ts';
import { Depends } from '../../src/di/depends.ts';
import type { InjectSpec } from '../../src/types/injectable.ts';

type Once = () => unknown;

interface Case {
  readonly name: string;
  readonly once: Once;
  readonly isAsync: boolean;
}

const rounds = 21;
const roundTime = 20_000_000n;

let sink: unknown;

function syncCase(name: string, spec: InjectSpec): Case {
  const plan = new Container().plan(spec, name);
  return {
    name,
    isAsync: false,
    once: () => {
      const target = {};
      const scope = plan.open([], target);
      if (scope !== undefined && !(scope instanceof Promise)) void scope.close();
      sink = target;
    },
  };
}

function asyncCase(name: string, spec: InjectSpec): Case {
  const plan = new Container().plan(spec, name);
  return {
    name,
    isAsync: true,
    once: async () => {
      const target = {};
      const scope = await plan.open([], target);
      if (scope !== undefined) await scope.close();
      sink = target;
    },
  };
}

const db = Depends(() => ({ id: 1 }));
const user = Depends({ db }, (needs) => ({ name: 'ada', db: needs.db }));
const may = Depends({ user, db }, (needs) => needs.user.name === 'ada');
const lateDb = Depends(async () => ({ id: 1 }));
const lateUser = Depends({ db: lateDb }, async (needs) => ({ name: 'ada', db: needs.db }));
const lateMay = Depends({ user: lateUser, db: lateDb }, async (needs) => needs.user.name === 'ada');
const pool = Depends(() => ({ id: 1 }), { scope: 'singleton' });
const session = Depends(function* () {
  yield { id: 1 };
});
const lateSession = Depends(async function* () {
  yield { id: 1 };
});

const cases: readonly Case[] = [
  syncCase('no dependency', {}),
  syncCase('1 sync', { db }),
  syncCase('3 sync, one needing the other two', { db, user, may }),
  {
    name: 'bare: 3 sync by hand',
    isAsync: false,
    once: () => {
      const own = { id: 1 };
      const ada = { name: 'ada', db: own };
      sink = { db: own, user: ada, may: ada.name === 'ada' };
    },
  },
  syncCase('1 settled singleton', { pool }),
  syncCase('1 generator', { session }),
  {
    name: 'bare: 1 generator by hand',
    isAsync: false,
    once: () => {
      const generator = (session.factory as () => Generator)();
      sink = { session: generator.next().value };
      generator.next();
    },
  },
  asyncCase('3 async, one needing the other two', { db: lateDb, user: lateUser, may: lateMay }),
  {
    name: 'bare: 3 async by hand',
    isAsync: true,
    once: async () => {
      const own = await (async () => ({ id: 1 }))();
      const ada = await (async () => ({ name: 'ada', db: own }))();
      sink = { db: own, user: ada, may: await (async () => ada.name === 'ada')() };
    },
  },
  asyncCase('1 async generator', { session: lateSession }),
  {
    name: 'bare: 1 async generator by hand',
    isAsync: true,
    once: async () => {
      const generator = (lateSession.factory as () => AsyncGenerator)();
      sink = { session: (await generator.next()).value };
      await generator.next();
    },
  },
];

async function measure({ once, isAsync }: Case): Promise<number> {
  const batch = 1000;
  let runs = 0;
  const begin = process.hrtime.bigint();
  let now = begin;
  while (now - begin < roundTime) {
    if (isAsync) for (let count = 0; count < batch; count += 1) await once();
    else for (let count = 0; count < batch; count += 1) once();
    runs += batch;
    now = process.hrtime.bigint();
  }
  return Number(now - begin) / runs;
}

const figures = new Map<string, number[]>(cases.map((one) => [one.name, []]));
for (const one of cases) await measure(one);
for (let round = 0; round < rounds; round += 1) {
  for (const one of cases) figures.get(one.name)!.push(await measure(one));
}
for (const [name, all] of figures) {
  const median = all.toSorted((a, b) => a - b)[Math.floor(all.length / 2)]!;
  console.log(
    process.argv.includes('--json')
      ? JSON.stringify({ bench: 'dependencies', case: name, ns: Number(median.toFixed(1)) })
      : `${name.padEnd(36)} ${median.toFixed(0).padStart(6)} ns`,
  );
}
if (sink === undefined) throw new Error('nothing was measured');
