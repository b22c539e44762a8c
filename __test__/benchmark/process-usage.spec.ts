import { spawn } from 'node:child_process';
import { once } from 'node:events';

import test from 'ava';

import {
  parseSchedstatNs,
  parseStatTicks,
  parseVmHwmKib,
  parseVmRssKib,
  readPeakRssMib,
  readRssMib,
  readUsage,
  resetPeakRss,
} from '../../benchmark/http/process-usage.ts';

test('user and system time are the 14th and 15th field, whatever the command is called', (t) => {
  const rest = 'S 1 2 3 0 -1 4194304 100 0 0 0 123 45 7 8 20 0 1 0 135409';
  t.is(parseStatTicks(`10805 (node) ${rest}`), 168);
  t.is(parseStatTicks(`10805 (a) b (c) ${rest}`), 168);
});

test('a schedstat tells time on a core first', (t) => {
  t.is(parseSchedstatNs('83644 62572 2\n'), 83644);
});

test('VmRSS is found among its neighbours', (t) => {
  t.is(parseVmHwmKib('VmHWM:\t   90000 kB\nVmRSS:\t   81234 kB\n'), 90_000);
  t.is(parseVmRssKib('VmHWM:\t   90000 kB\nVmRSS:\t   81234 kB\nRssAnon:\t 5 kB\n'), 81234);
});

test('a file that tells nothing is an error, not a zero', (t) => {
  t.throws(() => parseStatTicks('10805 (node) S 1'), { message: /no utime/ });
  t.throws(() => parseSchedstatNs(''), { message: /no time on a core/ });
  t.throws(() => parseVmRssKib('VmSize: 1 kB\n'), { message: /no VmRSS/ });
  t.throws(() => parseVmHwmKib('VmSize: 1 kB\n'), { message: /no VmHWM/ });
});

test('work on this thread shows in the usage of this process, where the kernel tells it', (t) => {
  if (process.platform !== 'linux') {
    t.throws(() => readUsage(process.pid), { code: 'ENOENT' });
    return;
  }
  const before = readUsage(process.pid);
  const until = performance.now() + 60;
  while (performance.now() < until) JSON.parse('[1,2,3]');
  const after = readUsage(process.pid);
  t.true(after.cpuUs - before.cpuUs >= 10_000);
  t.true(readRssMib(process.pid) > 5);
});

test('the peak is that of the time since it was asked to begin anew', async (t) => {
  if (process.platform !== 'linux') {
    t.throws(() => resetPeakRss(process.pid), { code: 'ENOENT' });
    return;
  }
  // A process of its own: the tests beside this one need memory as well.
  const script =
    "process.stdin.on('data', () => { const block = Buffer.alloc(64 * 2 ** 20, 1); console.log(block.length); })";
  const child = spawn(process.execPath, ['-e', `${script}; console.log('ready')`], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  try {
    await once(child.stdout, 'data');
    const pid = child.pid as number;
    resetPeakRss(pid);
    const before = readPeakRssMib(pid);
    child.stdin.write('now');
    await once(child.stdout, 'data');
    t.true(readPeakRssMib(pid) - before >= 60);
  } finally {
    child.kill('SIGKILL');
  }
});
