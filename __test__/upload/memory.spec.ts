/** A large upload costs no memory to speak of, whether its file is read or not (Q7). */
import test from 'ava';

import { runProgram } from '../helpers/child.ts';

const MIB = 1024 * 1024;

for (const [way, what] of [
  ['unread', 'leaves the file'],
  ['stream', 'reads the file'],
  ['parts', 'reads the parts'],
] as const) {
  test.serial(`an upload of 256 MiB through a handler that ${what} keeps memory below 64 MiB more`, async (t) => {
    t.timeout(120_000);
    const child = runProgram(t, 'upload/programs/large-upload.ts', '256', way);
    const { code } = await child.exit;
    t.is(code, 0, child.output.join('\n'));
    t.is(await child.report('received'), String(256 * MIB));
    t.true(Number(await child.report('growth')) < 64 * MIB);
  });
}
