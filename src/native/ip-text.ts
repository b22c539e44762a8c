/** An address as numbers in, as text out. */
import { SocketAddress } from 'node:net';

/** One int is an IPv4 address, four are an IPv6 one, the highest bits first. */
export function toIpText(ints: Int32Array): string {
  const first = ints[0]!;
  if (ints.length === 1) return `${first >>> 24}.${(first >>> 16) & 255}.${(first >>> 8) & 255}.${first & 255}`;
  const groups: string[] = [];
  for (const int of ints) groups.push((int >>> 16).toString(16), (int & 0xffff).toString(16));
  // Node shortens the zeros (RFC 5952).
  return new SocketAddress({ family: 'ipv6', address: groups.join(':') }).address;
}
