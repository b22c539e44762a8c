/**
 * Reads who may import whom from ARCHITECTURE.md, and finds what breaks it.
 *
 * The document is the rule: a row of its tables is a room, the code spans beside it are what that room may use.
 */
import path from 'node:path';

import ts from 'typescript';

/** One row: a folder (`di/`), a file (`app.ts`) or a crate, and everything it may use. */
export interface Room {
  readonly name: string;
  readonly uses: ReadonlySet<string>;
}

/** One import of a source file: `from` and a relative `to` are paths below src, a package keeps its name. */
export interface Import {
  readonly from: string;
  readonly to: string;
  readonly isTypeOnly: boolean;
}

/** The rows of the table that follows a heading; throws when there is none, so that a moved heading cannot pass. */
export function readRooms(markdown: string, heading: string): Room[] {
  const section = markdown.split(/^#+ /m).find((text) => text.startsWith(`${heading}\n`));
  const rows = section?.split('\n').filter((line) => line.startsWith('| `')) ?? [];
  if (rows.length === 0) throw new Error(`no table of rooms below the heading "${heading}"`);
  return rows.flatMap((row) => {
    const [, first = '', ...others] = row.split('|');
    const names = codeSpans(first);
    // Names that share a row may use each other; the linter keeps cycles out.
    const uses = new Set([...names, ...codeSpans(others.join(' '))]);
    return names.map((name) => ({ name, uses }));
  });
}

function codeSpans(text: string): string[] {
  return [...text.matchAll(/`([^`]+)`/g)].map(([, span]) => span ?? '');
}

/** Every import, re-export, `import()` and `import('…')` type of a source file. */
export function readImports(file: string, text: string): Import[] {
  const imports: Import[] = [];
  const add = (specifier: ts.Node | undefined, isTypeOnly: boolean) => {
    if (specifier === undefined || !ts.isStringLiteral(specifier)) return;
    const isRelative = specifier.text.startsWith('.');
    const to = isRelative ? path.posix.join(path.posix.dirname(file), specifier.text) : packageName(specifier.text);
    imports.push({ from: file, to, isTypeOnly });
  };
  const visit = (node: ts.Node): void => {
    if (ts.isImportDeclaration(node))
      add(node.moduleSpecifier, node.importClause?.phaseModifier === ts.SyntaxKind.TypeKeyword);
    else if (ts.isExportDeclaration(node)) add(node.moduleSpecifier, node.isTypeOnly);
    else if (ts.isImportTypeNode(node) && ts.isLiteralTypeNode(node.argument)) add(node.argument.literal, true);
    else if (ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.ImportKeyword)
      add(node.arguments[0], false);
    ts.forEachChild(node, visit);
  };
  visit(ts.createSourceFile(file, text, ts.ScriptTarget.Latest, true));
  return imports;
}

/** `@scope/name/sub` is package `@scope/name`; Node's own modules all count as `node:*`. */
function packageName(specifier: string): string {
  if (specifier.startsWith('node:')) return 'node:*';
  return specifier.split('/', specifier.startsWith('@') ? 2 : 1).join('/');
}

/** What breaks the table, one sentence each. */
export function findForbiddenImports(rooms: readonly Room[], imports: readonly Import[]): string[] {
  return imports.flatMap(({ from, to, isTypeOnly }) => {
    const room = roomOf(rooms, from);
    if (room === undefined) return [`${from} stands in no room of ARCHITECTURE.md`];
    if (room.name === 'types/' && !isTypeOnly) return [`${from} imports ${to} as a value; types/ is types only`];
    const target = to.endsWith('.ts') ? roomOf(rooms, to) : undefined;
    if (room.uses.has(target?.name ?? to)) return [];
    return [`${from} may not import ${to}`];
  });
}

/** The row of a file: its own before its folder's. */
function roomOf(rooms: readonly Room[], file: string): Room | undefined {
  return (
    rooms.find(({ name }) => name === file) ?? rooms.find(({ name }) => name.endsWith('/') && file.startsWith(name))
  );
}
