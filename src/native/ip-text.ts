/** An address as numbers in, as text out. */
import { SocketAddress } from 'node:net';

/** One number is an IPv4 address, four are an IPv6 one, the highest bits first; none: the peer of a Unix socket. */
export type IpNumbers = number | Int32Array;

/** The address as text; IPv6 in its short form (RFC 5952); `unix` for none. */
export function toIpText(numbers: IpNumbers): string {
  if (typeof numbers === 'number') {
    return `${numbers >>> 24}.${(numbers >>> 16) & 255}.${(numbers >>> 8) & 255}.${numbers & 255}`;
  }
  if (numbers.length === 0) return 'unix';
  const groups: string[] = [];
  for (const number of numbers) groups.push((number >>> 16).toString(16), (number & 0xffff).toString(16));
  // Node shortens the zeros.
  return new SocketAddress({ family: 'ipv6', address: groups.join(':') }).address;
}
