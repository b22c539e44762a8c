/** A request's address: what its head says in, a URL out. */
import { HttpError } from '../error.ts';

/** @throws HttpError 400 for a host that is well-formed and still no name: `xn--` has labels that no name is encoded as. */
export function toRequestUrl(isSecure: boolean, host: string | undefined, path: string, query: string): URL {
  const url = toOrigin(`${isSecure ? 'https' : 'http'}://${host ?? 'localhost'}`);
  // Set, not resolved: a path such as `//other.example` stays a path. A backslash would become a slash.
  url.pathname = path.replaceAll('\\', '%5C');
  url.search = query;
  return url;
}

function toOrigin(text: string): URL {
  try {
    return new URL(text);
  } catch (cause) {
    throw new HttpError(400, 'The Host of the request is no valid host name', { cause });
  }
}
