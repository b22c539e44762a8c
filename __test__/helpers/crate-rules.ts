/** Finds what breaks the Rust half's rules: dependencies beside the table of ARCHITECTURE.md, `unsafe` outside the bridge. */
import type { Room } from './import-rules.ts';

/** What `cargo metadata --no-deps` tells, as far as it is read here. */
export interface CargoMetadata {
  readonly packages: readonly {
    readonly name: string;
    readonly dependencies: readonly { readonly name: string; readonly kind: 'dev' | 'build' | null }[];
  }[];
}

/** Dependencies outside the table, and the Node-API anywhere but in the addon itself. */
export function findForbiddenDependencies(rooms: readonly Room[], metadata: CargoMetadata): string[] {
  return metadata.packages.flatMap(({ name, dependencies }) => {
    const room = rooms.find((candidate) => candidate.name === name);
    if (room === undefined) return [`${name} stands in no room of ARCHITECTURE.md`];
    return dependencies.flatMap((dependency) => {
      if (dependency.name.startsWith('napi') && name !== 'covet-node')
        return [`${name} may not know ${dependency.name}`];
      if (dependency.kind !== null || room.uses.has(dependency.name)) return [];
      return [`${name} may not depend on ${dependency.name}`];
    });
  });
}

/** `unsafe` in a file that may have none, and `unsafe` without its reason beside it. */
export function findForbiddenUnsafe(file: string, text: string, allowed: readonly string[]): string[] {
  const code = withoutCommentsAndStrings(text).split('\n');
  const lines = text.split('\n');
  return code.flatMap((line, index) => {
    if (!/\bunsafe\b/.test(line)) return [];
    const place = `${file}:${index + 1}`;
    if (!allowed.some((prefix) => file.startsWith(prefix))) return [`${place} has unsafe code outside the bridge`];
    // A reason may stand on the line itself or in the comment and attributes right above it.
    let first = index;
    while (first > 0 && /^\s*(\/\/|#\[)/.test(lines[first - 1] ?? '')) first -= 1;
    const reason = lines.slice(first, index + 1).join('\n');
    return /SAFETY:|# Safety/.test(reason) ? [] : [`${place} has unsafe code without its SAFETY`];
  });
}

/** Blanks comments and string literals and keeps the lines, so that a word in a sentence is not taken for code. */
function withoutCommentsAndStrings(text: string): string {
  const token = /\/\/[^\n]*|\/\*[\s\S]*?\*\/|r(#*)"[\s\S]*?"\1|"(?:\\[\s\S]|[^"\\])*"|'(?:\\.[^']*|[^'\\\n])'/g;
  return text.replace(token, (match) => match.replace(/[^\n]/g, ' '));
}
