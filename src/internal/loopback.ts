/**
 * Whether a request was for this very machine, over plain HTTP, from a browser that sits at it.
 * In: headers by name. Out: yes, only where nothing says otherwise.
 */

const loopback = /^(?:localhost|[a-z0-9.-]+\.localhost|127(?:\.[0-9]{1,3}){3}|\[::1\])(?::[0-9]*)?$/i;

/** What a proxy adds. A request that was passed on may have come over TLS, to whatever host. */
const proxied = ['forwarded', 'x-forwarded-for', 'x-forwarded-host', 'x-forwarded-proto', 'via'];

/** Whether the request names a loopback host (RFC 6761, 6.3) and no proxy passed it on. */
export function isLoopbackRequest(header: (name: string) => string | undefined): boolean {
  return loopback.test(header('host') ?? '') && proxied.every((name) => header(name) === undefined);
}
