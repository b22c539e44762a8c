/** What a session does, on every store, without a socket and over one. */
import test, { type ExecutionContext } from 'ava';

import { keyOf, openShop, openStores, type Shop, type ShopOptions } from './open-shop.ts';

const stores = openStores();

function onEveryStore(
  title: string,
  run: (t: ExecutionContext, shop: Shop) => unknown,
  options: ShopOptions = {},
): void {
  for (const [name, open] of Object.entries(stores)) {
    for (const transport of ['inject', 'socket'] as const) {
      test(`${name}, ${transport}: ${title}`, async (t) => {
        await run(t, await openShop(t, await open(t), { ...options, transport }));
      });
    }
  }
}

const hour = 3_600_000;

onEveryStore('the store is not asked by those who do not look, nor for what is no id of ours', async (t, shop) => {
  const browser = shop.browser();
  t.deepEqual((await browser.get('/get')).json, { data: null, user: null });
  for (const cookie of [
    '',
    '=',
    'x',
    '%',
    'a'.repeat(42),
    'a'.repeat(44),
    `${'a'.repeat(42)}!`,
    `"${'a'.repeat(43)}"`,
  ]) {
    browser.cookie = `__Host-sid=${cookie}`;
    const answer = await browser.get('/get');
    t.deepEqual([answer.status, answer.json], [200, { data: null, user: null }]);
  }
  t.deepEqual(shop.calls, []);
  await browser.post('/set/1');
  shop.calls.length = 0;
  t.is((await browser.get('/none')).status, 200);
  t.deepEqual(shop.calls, []);
  t.deepEqual((await browser.get('/get')).json, { data: { n: 1 }, user: null });
  t.deepEqual(shop.calls, ['read']);
  t.deepEqual(browser.setCookies, []);
});

onEveryStore('a session begins when something is set, and is written only where it changed', async (t, shop) => {
  const browser = shop.browser();
  await browser.post('/delete');
  await browser.post('/rotate');
  t.is(browser.cookie, undefined);
  const answer = await browser.post('/set/1');
  t.deepEqual(answer.json, { data: { n: 1 } });
  t.is(answer.headers.get('cache-control'), 'no-store');
  t.is(browser.setCookies.length, 1);
  t.regex(browser.setCookies[0]!, /^__Host-sid=[\w-]{43}; Path=\/; Max-Age=43200; HttpOnly; Secure; SameSite=Lax$/);
  t.is(await shop.store.read(browser.id), undefined, 'the store does not know the id');
  t.like(await shop.store.read(keyOf(browser)), { version: 1, data: '{"n":1}', userId: undefined });
  shop.calls.length = 0;
  await browser.post('/set/1');
  t.deepEqual(shop.calls, ['read']);
  await browser.post('/set/2');
  t.deepEqual(shop.calls, ['read', 'read', 'replace']);
  t.deepEqual(browser.setCookies, [], 'the id stays');
  t.like(await shop.store.read(keyOf(browser)), { version: 2, data: '{"n":2}' });
});

onEveryStore('an id that came from outside is never taken over', async (t, shop) => {
  const browser = shop.browser();
  const planted = 'A'.repeat(43);
  browser.cookie = `__Host-sid=${planted}`;
  t.deepEqual((await browser.get('/get')).json, { data: null, user: null });
  t.deepEqual(browser.setCookies, [], 'it may be one that another answer is replacing now');
  await browser.post('/set/1');
  t.not(browser.id, planted);
});

onEveryStore('login gives a new id and keeps the data; the old id is dead', async (t, shop) => {
  const [victim, attacker] = [shop.browser(), shop.browser()];
  await attacker.post('/set/7');
  victim.cookie = attacker.cookie;
  t.is((await victim.post('/login/ada')).status, 204);
  t.not(victim.cookie, attacker.cookie);
  t.deepEqual((await victim.get('/get')).json, { data: { n: 7 }, user: 'ada' });
  t.deepEqual((await attacker.get('/get')).json, { data: null, user: null });
  const before = victim.cookie;
  await victim.post('/rotate');
  t.not(victim.cookie, before);
  t.deepEqual((await victim.get('/get')).json, { data: { n: 7 }, user: 'ada' });
  t.is((await shop.store.list('ada', shop.clock.now)).length, 1);
  await victim.post('/login/grace');
  t.deepEqual((await victim.get('/get')).json, { data: null, user: 'grace' }, "what was ada's is not grace's");
  t.deepEqual(await shop.store.list('ada', shop.clock.now), []);
});

onEveryStore('logout ends the session on the server and in the browser', async (t, shop) => {
  const browser = shop.browser();
  await browser.post('/login/ada');
  const copy = shop.browser();
  copy.cookie = browser.cookie;
  await browser.post('/logout');
  t.regex(browser.setCookies[0]!, /^__Host-sid=; Path=\/; Max-Age=0; .*; HttpOnly; Secure; SameSite=Lax$/);
  t.deepEqual((await copy.get('/get')).json, { data: null, user: null });
  t.is((await browser.post('/logout')).status, 204, 'twice is no error');
});

onEveryStore('delete takes the data, and with it a session without a user', async (t, shop) => {
  const browser = shop.browser();
  await browser.post('/set/1');
  const key = keyOf(browser);
  await browser.post('/delete');
  t.is(browser.cookie, undefined);
  t.is(await shop.store.read(key), undefined);
  await browser.post('/login/ada');
  await browser.post('/set/1');
  await browser.post('/delete');
  t.deepEqual((await browser.get('/get')).json, { data: null, user: 'ada' });
});

onEveryStore('two ids under one name are none; one id twice is one', async (t, shop) => {
  const [ada, mallory] = [shop.browser(), shop.browser()];
  await ada.post('/login/ada');
  await mallory.post('/login/mallory');
  const of = async (cookie: string): Promise<unknown> => {
    const browser = shop.browser();
    browser.cookie = cookie;
    return (await browser.get('/get')).json.user;
  };
  t.is(await of(`${ada.cookie!}; ${mallory.cookie!}`), null);
  t.is(await of(`${mallory.cookie!}; ${ada.cookie!}`), null);
  t.is(await of(`__Host-sid=x; ${ada.cookie!}`), null);
  t.is(await of(`${ada.cookie!}; ${ada.cookie!}`), 'ada');
  t.is(await of(`other=${mallory.id}; ${ada.cookie!}; __host-sid=${mallory.id}`), 'ada');
});

onEveryStore('a session ends when it is idle, and after its lifetime whatever is done', async (t, shop) => {
  const browser = shop.browser();
  await browser.post('/login/ada');
  shop.calls.length = 0;
  const user = async (): Promise<unknown> => (await browser.get('/get')).json.user;
  shop.clock.now += 359_000;
  t.is(await user(), 'ada');
  t.deepEqual(shop.calls, ['read'], 'seen less than a tenth of an hour ago');
  shop.clock.now += 1000;
  t.is(await user(), 'ada');
  t.deepEqual(shop.calls, ['read', 'read', 'touch']);
  shop.clock.now += hour - 1;
  t.is(await user(), 'ada');
  const idle = shop.browser();
  idle.cookie = browser.cookie;
  for (let seen = 2; seen <= 11; seen += 1) {
    shop.clock.now += hour - 1;
    t.is(await user(), 'ada', `${seen} hours`);
  }
  shop.clock.now += hour - 359_000;
  t.is(await user(), null, 'twelve hours are over');
  await browser.post('/login/ada');
  shop.clock.now += hour;
  t.is(await user(), null, 'idle for an hour');
  t.deepEqual(await shop.store.list('ada', shop.clock.now), []);
});

onEveryStore('updates of ten requests at once are all kept', async (t, shop) => {
  const browser = shop.browser();
  await browser.post('/set/0');
  const all = Array.from({ length: 10 }, () => browser.post('/read-then-add'));
  await shop.meet(10);
  for (const { status } of await Promise.all(all)) t.is(status, 200);
  t.deepEqual((await browser.get('/get')).json.data, { n: 10 });
});

onEveryStore('of two that set what both have read, one is told', async (t, shop) => {
  const browser = shop.browser();
  await browser.post('/set/0');
  const both = [browser.post('/read-then-set/1'), browser.post('/read-then-set/2')];
  await shop.meet(2);
  const answers = await Promise.all(both);
  t.deepEqual(
    answers.map(({ status }) => status).sort((a, b) => a - b),
    [200, 409],
  );
  t.is(answers.find(({ status }) => status === 409)!.json.error.code, 'SESSION_CONFLICT');
  const won = answers.findIndex(({ status }) => status === 200) + 1;
  t.deepEqual((await browser.get('/get')).json.data, { n: won });
});

onEveryStore('a session that was ended meanwhile does not come back', async (t, shop) => {
  const browser = shop.browser();
  await browser.post('/login/ada');
  const other = shop.browser();
  other.cookie = browser.cookie;
  const late = other.post('/read-then-add');
  await shop.arrived(1);
  await browser.post('/logout');
  await shop.meet(1);
  const refused = await late;
  t.is(refused.status, 409);
  t.is(refused.json.error.code, 'SESSION_CONFLICT');
  t.deepEqual(await shop.store.list('ada', shop.clock.now), []);
});

onEveryStore('what a request changed that failed is not kept', async (t, shop) => {
  const browser = shop.browser();
  t.is((await browser.post('/add-and-fail')).status, 500);
  t.is(browser.cookie, undefined);
  await browser.post('/add');
  t.is((await browser.post('/add-and-fail')).status, 500);
  t.deepEqual((await browser.post('/add')).json, { n: 2 });
});

onEveryStore('a user sees their devices and ends one, or all others', async (t, shop) => {
  const [phone, laptop, desk] = [shop.browser('phone'), shop.browser('laptop'), shop.browser('x'.repeat(600))];
  const stranger = shop.browser();
  for (const browser of [phone, laptop, desk]) {
    await browser.post('/login/ada');
    shop.clock.now += 1000;
  }
  await stranger.post('/login/bob');
  const { list, info } = (await phone.get('/list')).json;
  t.deepEqual(
    list.map(({ userAgent, isCurrent }: any) => [userAgent, isCurrent]),
    [
      ['x'.repeat(512), false],
      ['laptop', false],
      ['phone', true],
    ],
  );
  t.deepEqual(info, list[2]);
  t.like(info, { userId: 'ada', address: '127.0.0.1', lastSeenAt: new Date(shop.clock.now - 3000).toISOString() });
  t.is(info.expiresAt, new Date(shop.clock.now - 3000 + hour).toISOString());
  t.is(info.id, keyOf(phone));
  t.deepEqual((await stranger.post(`/revoke/${list[1].id}`)).json, { done: false }, "not one of somebody else's");
  t.deepEqual((await phone.post(`/revoke/${list[1].id}`)).json, { done: true });
  t.deepEqual((await phone.post(`/revoke/${list[1].id}`)).json, { done: false });
  t.is((await laptop.get('/get')).json.user, null);
  t.is((await desk.get('/get')).json.user, 'ada');
  t.deepEqual((await phone.post('/revoke-others')).json, { count: 1 });
  t.is((await desk.get('/get')).json.user, null);
  t.is((await phone.get('/get')).json.user, 'ada');
  t.is((await stranger.get('/get')).json.user, 'bob');
  t.deepEqual((await phone.post(`/revoke/${info.id}`)).json, { done: true });
  t.is(phone.cookie, undefined);
  t.deepEqual((await phone.get('/list')).json, { list: [], info: null });
  t.deepEqual((await phone.post('/revoke-others')).json, { count: 0 });
});

onEveryStore(
  'where sessions need a user, nobody else sets one',
  async (t, shop) => {
    const browser = shop.browser();
    for (const path of ['/set/1', '/add']) {
      const answer = await browser.post(path);
      t.is(answer.status, 401);
      t.like(answer.json.error, { message: 'User must be authenticated to set session', code: 'UNAUTHORIZED' });
    }
    t.is(browser.cookie, undefined);
    await browser.post('/login/ada');
    t.is((await browser.post('/set/1')).status, 200);
  },
  { anonymous: false },
);
