/** What a way cannot carry, and why. Everything else is the same whichever way it goes. */
import type { Way } from './ways.ts';

/** A behaviour that one way cannot show. */
export interface Exception {
  readonly way: Way;
  /** The group's name and the behaviour's. */
  readonly behaviour: string;
  readonly reason: string;
}

export const exceptions: readonly Exception[] = [
  {
    way: 'fetch',
    behaviour: 'routing: TRACE is refused',
    reason: 'A Request has none of the methods CONNECT, TRACE and TRACK (Fetch, 2.2.1).',
  },
  {
    way: 'fetch',
    behaviour: 'routing: CONNECT is refused',
    reason: 'A Request has none of the methods CONNECT, TRACE and TRACK (Fetch, 2.2.1).',
  },
  {
    way: 'inject',
    behaviour: 'routing: CONNECT is refused',
    reason: 'inject() takes a path or an address, and says so: the target of CONNECT, a host and a port, is neither.',
  },
  {
    way: 'fetch',
    behaviour: 'bodies: GET may have a body',
    reason: 'A Request with the method GET or HEAD has no body (Fetch, 5.4).',
  },
  {
    way: 'fetch',
    behaviour: 'bad bodies: a length past the limit is 413, also where nobody reads',
    reason: 'A Request does not tell the length of its body: it is found too long by being read.',
  },
  {
    way: 'fetch',
    behaviour: 'answers: a stream of unknown length says how it is framed',
    reason: 'A Response has no framing: that is the business of the server in front (RFC 9110, 7.6.1).',
  },
  {
    way: 'fetch',
    behaviour: 'answers: trailers follow for those who ask for them',
    reason: 'A Response has no trailers (Fetch, 5.5), so the server is not asked for any.',
  },
];
