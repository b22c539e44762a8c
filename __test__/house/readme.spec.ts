/** The tables of README.md say what the code does. */
import test from 'ava';

import { defaultLimits } from '../../src/limits.ts';
import { readText } from '../helpers/repository.ts';

/** The first two cells of each row whose first cell is one name in code. */
function rowsBelow(heading: string): [name: string, cell: string][] {
  const rest = readText('README.md').split(`\n${heading}\n`)[1] ?? '';
  const table = /(?:^\|.*\n)+/m.exec(rest)?.[0] ?? '';
  return [...table.matchAll(/^\| `(\w+)` *\| (.*?) *\|/gm)].map(([, name = '', cell = '']) => [name, cell]);
}

/** The names an interface of a source file declares. */
function membersOf(file: string, name: string): string[] {
  const body = readText(file).split(`export interface ${name} {\n`)[1]?.split('\n}\n')[0] ?? '';
  return [...body.matchAll(/^ {2}readonly (\w+)\??:/gm)].map(([, member = '']) => member);
}

test('the table of limits names each limit with its default', (t) => {
  const rows = rowsBelow('## Limits and defaults').map(([name, cell]) => [name, Number(cell)]);
  t.deepEqual(Object.fromEntries(rows), { ...defaultLimits });
  t.deepEqual(Object.keys(defaultLimits).sort(), membersOf('src/types/limits.ts', 'Limits').sort());
});

test('the table of options names each option of an application', (t) => {
  const names = rowsBelow('The other options of an application:').map(([name]) => name);
  t.deepEqual([...names, 'limits'].sort(), membersOf('src/options.ts', 'CovetOptions').sort());
});

test('the options of listen are all named', (t) => {
  const sentence = /^`listen` takes [^]*?\.$/m.exec(readText('README.md'))?.[0] ?? '';
  const names = [...sentence.matchAll(/`(\w+)` \(/g)].map(([, name = '']) => name);
  t.deepEqual(names.sort(), membersOf('src/options.ts', 'ListenOptions').sort());
});
