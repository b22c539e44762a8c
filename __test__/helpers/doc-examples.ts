/**
 * Finds the examples of the documentation: every block fenced as `ts` in a Markdown file or a doc comment.
 *
 * Each is a module of its own and has to compile. One that begins with `// name.ts` is saved under that name, for the
 * later blocks of its document to import. One that says what it prints, in a comment behind `console.log(…);`, is run.
 * What is public is imported from 'covet'; the example of something internal imports it from './its-file.ts'.
 */
import path from 'node:path';

/** One example, ready to be written beside the others of its document. */
export interface DocExample {
  /** The document and the line its code begins at, as `README.md:12`. */
  readonly place: string;
  readonly fileName: string;
  readonly code: string;
  /** What a run has to print, a line each; empty for an example that is only compiled. */
  readonly output: readonly string[];
}

/** The examples of one document, in order. */
export function readDocExamples(document: string, text: string): DocExample[] {
  const lines = document.endsWith('.ts') ? text.split('\n').map(fromDocComment) : text.split('\n');
  const examples: DocExample[] = [];
  for (let at = 0; at < lines.length; at += 1) {
    const [, indent = '', language] = /^(\s*)```(\w*)/.exec(lines[at] ?? '') ?? [];
    if (language === undefined) continue;
    const begin = at + 1;
    const isEnd = (line: string | undefined) => line === undefined || line.trim() === '```';
    for (at = begin; !isEnd(lines[at]);) at += 1;
    if (at === lines.length) throw new Error(`${document}:${begin} opens a block that never ends`);
    if (language !== 'ts') continue;
    const code = lines.slice(begin, at).map((line) => (line.startsWith(indent) ? line.slice(indent.length) : line));
    const [, name] = /^\/\/ ([\w.-]+\.ts)$/.exec(code[0] ?? '') ?? [];
    const isSource = document.endsWith('.ts');
    examples.push({
      place: `${document}:${begin + 1}`,
      fileName: name ?? `line-${begin + 1}.ts`,
      // A module even where it neither imports nor exports, so that its names are its own.
      code: `${code.map((line) => (isSource ? fromRoot(line, document) : line)).join('\n')}\nexport {};\n`,
      output: code.flatMap((line) => /^\s*console\.log\(.*\); \/\/ (.+)$/.exec(line)?.slice(1) ?? []),
    });
  }
  return examples;
}

/** The prose of a line of a doc comment; other lines are no prose. */
function fromDocComment(line: string): string {
  return /^\s*\* ?(.*)$/.exec(line)?.[1] ?? '';
}

/** An import relative to the document becomes one from the repository's folder, two above where examples are saved. */
function fromRoot(line: string, document: string): string {
  return line.replace(
    /(?<=from ')\.\.?\/[^']+/,
    (to) => `../../../${path.posix.join(path.posix.dirname(document), to)}`,
  );
}
