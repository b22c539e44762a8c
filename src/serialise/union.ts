/** Nodes of alternatives: the first that fits writes the value. */
import { refuse, SerialiseFault } from './node.ts';
import type { Node, Part, Write } from './node.ts';
import { nullNode } from './scalar.ts';

/** Which alternative a member field decides: `{ type: 'cat' }`. */
export interface Discriminator {
  readonly key: string;
  readonly nodes: ReadonlyMap<unknown, Node>;
}

/** The node of `null` or `inner`, the most frequent alternative of all. */
export function nullableNode(inner: Node): Node {
  const { write } = inner;
  return {
    write: (value, at) => (value === null ? nullNode.write(value, at) : write(value, at)),
    expects: `${inner.expects} or null`,
    allowsMissing: inner.allowsMissing,
    mayFit: (value) => value === null || inner.mayFit(value),
    parts: inner.parts,
  };
}

/** The node of alternatives told apart by one field. */
export function discriminatedNode({ key, nodes }: Discriminator): Node {
  const find = (value: unknown): Node | undefined =>
    typeof value === 'object' && value !== null ? nodes.get((value as Record<string, unknown>)[key]) : undefined;
  const expects = `object with a known '${key}'`;
  return {
    write: (value, at) => (find(value) ?? refuse(expects, value)).write(value, at),
    expects,
    mayFit: (value) => find(value)?.mayFit(value) ?? false,
    parts: (value) => find(value)?.parts?.(value) ?? noParts,
  };
}

/** The node of any alternatives: those that may fit are tried in order, as schema libraries do. */
export function unionNode(nodes: readonly Node[]): Node {
  const expects = [...new Set(nodes.map((node) => node.expects))].join(' or ');
  const write: Write = (value, at) => {
    const candidates = nodes.filter((node) => node.mayFit(value));
    // The only candidate may say itself what is wrong.
    if (candidates.length === 1) return candidates[0]!.write(value, at);
    for (const candidate of candidates) {
      try {
        return candidate.write(value, at);
      } catch (error) {
        if (!(error instanceof SerialiseFault)) throw error;
      }
    }
    return refuse(expects, value);
  };
  return {
    write,
    expects,
    allowsMissing: nodes.some((node) => node.allowsMissing === true),
    mayFit: (value) => nodes.some((node) => node.mayFit(value)),
    parts: (value) => {
      const candidates = nodes.filter((node) => node.mayFit(value));
      return (candidates.length === 1 ? candidates[0]!.parts?.(value) : undefined) ?? noParts;
    },
  };
}

const noParts: readonly Part[] = [];
