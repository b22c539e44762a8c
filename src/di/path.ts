/** The way from a route or class down to the dependency that is looked at, for cycles and error messages. */
import type { Class, InjectSpec } from '../types/injectable.ts';

/** One link of the way; the first is the route's or class's own name. */
export interface Path {
  /** What is looked at; undefined for a route. */
  readonly key: unknown;
  readonly label: string;
  /** Shown behind the label where lifetimes matter. */
  readonly scope: string | undefined;
  readonly parent: Path | undefined;
}

/** The whole way as texts, top first. */
export function toLabels(path: Path, options: { readonly scopes?: boolean } = {}): string[] {
  const labels: string[] = [];
  for (let link: Path | undefined = path; link !== undefined; link = link.parent) {
    labels.push(options.scopes && link.scope !== undefined ? `${link.label} (${link.scope})` : link.label);
  }
  return labels.reverse();
}

/** The way from an ancestor with this key down to `path` and back to it; undefined when there is none. */
export function toCycle(path: Path, key: unknown): string[] | undefined {
  const labels: string[] = [];
  for (let link: Path | undefined = path; link !== undefined; link = link.parent) {
    labels.unshift(link.label);
    if (link.key === key) return [...labels, link.label];
  }
  return undefined;
}

/** What errors call a need: its own name, else the name it is needed by. */
export function toLabel(need: InjectSpec[string], name: string): string {
  if (typeof need === 'function') return (need as Class).name || name;
  if (need.kind === 'token') return (need as { description?: string }).description || name;
  const own = (need as { name?: string }).name;
  if (need.kind === 'dep') return own || name;
  const place = (need as { in?: string }).in ?? '';
  const title =
    place === 'request' ? 'Req' : place === 'response' ? 'Res' : place.charAt(0).toUpperCase() + place.slice(1);
  return own ? `${title} '${own}'` : title;
}
