/**
 * Text that is not JSON goes in, the position of its first bad character comes out.
 * Engines give a position only sometimes and quote the text always; clients need the first and must not get the second.
 */

const number = /-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?/y;
const string = /"[^"\\\u0000-\u001f]*(?:\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})[^"\\\u0000-\u001f]*)*/y;
const space = /[ \t\n\r]*/y;
const literals = ['true', 'false', 'null'];

/** What may come next. The `first` ones may also close what was just opened; `next` is a comma or a closing bracket. */
type Expect = 'value' | 'first' | 'key' | 'firstKey' | ':' | 'next';

/** The index of the first character that cannot continue a JSON text; the length when the text ends too early. */
export function findJsonFault(text: string): number {
  const open: ('[' | '{')[] = [];
  let expect: Expect = 'value';
  let at = skip(space, text, 0);
  for (; at < text.length; at = skip(space, text, at)) {
    const char = text[at]!;
    const top = open.at(-1);
    if (closes(char, top, expect)) {
      open.pop();
      expect = 'next';
      at++;
    } else if (expect === 'next') {
      if (char !== ',' || top === undefined) return at;
      expect = top === '[' ? 'value' : 'key';
      at++;
    } else if (expect === ':') {
      if (char !== ':') return at;
      expect = 'value';
      at++;
    } else if (expect === 'key' || expect === 'firstKey') {
      const end = char === '"' ? skip(string, text, at) : at;
      if (text[end] !== '"' || end === at) return end;
      at = end + 1;
      expect = ':';
    } else if (char === '[' || char === '{') {
      open.push(char);
      expect = char === '[' ? 'first' : 'firstKey';
      at++;
    } else {
      const end = scalarEnd(text, at);
      if (end < 0) return -end - 1;
      at = end;
      expect = 'next';
    }
  }
  return Math.min(at, text.length);
}

function closes(char: string, top: '[' | '{' | undefined, expect: Expect): boolean {
  if (char === ']') return top === '[' && (expect === 'next' || expect === 'first');
  return char === '}' && top === '{' && (expect === 'next' || expect === 'firstKey');
}

function skip(pattern: RegExp, text: string, from: number): number {
  pattern.lastIndex = from;
  return pattern.test(text) ? pattern.lastIndex : from;
}

/** The end of the scalar at `from`, or `-1 - position` of its first bad character. */
function scalarEnd(text: string, from: number): number {
  if (text[from] === '"') {
    const end = skip(string, text, from);
    return text[end] === '"' ? end + 1 : -1 - end;
  }
  for (const literal of literals) {
    if (text[from] !== literal[0]) continue;
    let length = 1;
    while (length < literal.length && text[from + length] === literal[length]) length++;
    return length === literal.length ? from + length : -1 - (from + length);
  }
  const end = skip(number, text, from);
  return end > from ? end : -1 - (text[from] === '-' ? from + 1 : from);
}
