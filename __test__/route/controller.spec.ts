import test from 'ava';

import { controller, controllerOf, on, routesOf } from '../../src/controller.ts';
import { get, post } from '../../src/route.ts';

const GetA = get('/a/{id}');
const PostB = post('/b');

test('on() makes a field that serves a contract with the instance as this', (t) => {
  class Files {
    #reads = 0;
    arrow = on(GetA, ({ params }) => `${params.id} ${(this.#reads += 1)}`);
    plain = on(PostB, function (this: Files) {
      return this.#reads;
    });
  }
  const files = new Files();
  const entries = routesOf(files);
  t.deepEqual(
    entries.map(({ route, name }) => [route, name]),
    [
      [GetA, 'arrow'],
      [PostB, 'plain'],
    ],
  );
  t.is(entries[0]?.call({ params: { id: 'x' } }), 'x 1');
  t.is(entries[1]?.call({}), 1);
  // The field is a function of its own, for direct calls in tests.
  t.is(files.arrow({ params: { id: 'y' } } as (typeof GetA)['$ctx']), 'y 2');
  t.is(files.plain({} as (typeof PostB)['$ctx']), 2);
});

test('one handler may serve several contracts', (t) => {
  const answer = (): string => 'same';
  class Twin {
    a = on(GetA, answer);
    b = on(PostB, answer);
  }
  t.deepEqual(
    routesOf(new Twin()).map(({ route, call }) => [route.path, call({})]),
    [
      ['/a/{id}', 'same'],
      ['/b', 'same'],
    ],
  );
});

test('a subclass field takes the place of its base field', (t) => {
  class Base {
    a = on(GetA, () => 'base');
  }
  class Sub extends Base {
    override a = on(GetA, () => 'sub');
  }
  t.deepEqual(
    routesOf(new Sub()).map(({ call }) => call({})),
    ['sub'],
  );
});

test('each instance answers for itself', (t) => {
  class Counter {
    count: number;
    constructor(start: number) {
      this.count = start;
    }
    @PostB next(): number {
      return (this.count += 1);
    }
  }
  const [one, ten] = [1, 10].map((start) => routesOf(new Counter(start))[0]);
  t.deepEqual([one?.call({}), ten?.call({}), one?.call({})], [2, 11, 3]);
});

test('on() refuses what is no contract and what is no function', (t) => {
  const loose: any = on;
  for (const route of [undefined, '/a', { methods: ['GET'], path: '/a', spec: {} }, () => 1]) {
    t.throws(() => loose(route, () => 1), { instanceOf: TypeError, message: /^on\(\) takes a contract first/ });
  }
  t.throws(() => loose(GetA), { instanceOf: TypeError, message: 'on() takes a function as handler of GET /a/{id}' });
});

test('a static on() field is refused, inherited or not', (t) => {
  class Wrong {
    static a = on(GetA, () => 1);
  }
  class Sub extends Wrong {}
  const message = "GET /a/{id} is on the static field 'a' of Wrong: remove 'static'";
  t.throws(() => routesOf(new Wrong()), { instanceOf: TypeError, message });
  t.throws(() => routesOf(new Sub()), { instanceOf: TypeError, message });
});

test('getters of an instance are not run', (t) => {
  class Lazy {
    a = on(GetA, () => 1);
    constructor() {
      Object.defineProperty(this, 'trap', { enumerable: true, get: () => t.fail('the getter ran') });
    }
  }
  t.is(routesOf(new Lazy()).length, 1);
});

test('a method that is no function any more is refused', (t) => {
  class Broken {
    @PostB b(): number {
      return 1;
    }
    constructor() {
      Object.assign(this, { b: 'replaced' });
    }
  }
  t.throws(() => routesOf(new Broken()), {
    instanceOf: TypeError,
    message: "'b' of Broken has a route but is not a method any more",
  });
});

test('controller() refuses a bad prefix and anything but a class', (t) => {
  const loose: any = controller;
  for (const prefix of [undefined, 'api', 5, { prefix: '/x' }]) {
    t.throws(() => loose(prefix), { instanceOf: TypeError, message: /^a controller's prefix is a string that starts/ });
  }
  t.throws(() => loose('/x')({}), { instanceOf: TypeError, message: "@controller('/x') goes on a class" });
});

test('an empty prefix is allowed, and later changes of the options do not matter', (t) => {
  const middleware = [async () => 1];
  @controller('', { middleware })
  class Plain {}
  middleware.push(async () => 2);
  t.is(controllerOf(Plain).prefix, '');
  t.is(controllerOf(Plain).middleware.length, 1);
});
