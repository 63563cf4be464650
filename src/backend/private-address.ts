import { isIP } from 'node:net';
import ipaddr, { type IPv6 } from 'ipaddr.js';

/**
 * The network range an IP address lies in, by the names of ipaddr.js; `unicast` is the public internet. IPv6 addresses
 * that carry an IPv4 address (mapped, NAT64, 6to4) count as what they carry; everything outside the assigned global
 * block 2000::/3 and everything unreadable is `reserved`.
 */
export function addressRange(address: string): string {
  const plain = address.replace(/%.*$/, '');
  if (isIP(plain) === 0) return 'reserved';
  const parsed = ipaddr.parse(plain);
  if (parsed.kind() === 'ipv4') return parsed.range();
  const six = parsed as IPv6;
  const range = six.range();
  const carried = carriedIpv4(six, range);
  if (carried !== null) return addressRange(carried);
  return range === 'unicast' && !isGlobalBlock(six) ? 'reserved' : range;
}

/** Whether an IP address belongs to the public internet. */
export function isPublicAddress(address: string): boolean {
  return addressRange(address) === 'unicast';
}

function carriedIpv4(six: IPv6, range: string): string | null {
  const bytes = six.toByteArray();
  if (range === 'ipv4Mapped') return bytes.slice(12).join('.');
  if (range === '6to4') return bytes.slice(2, 6).join('.');
  const wellKnownNat64 = range === 'rfc6052' && bytes.slice(4, 12).every((byte) => byte === 0);
  return wellKnownNat64 ? bytes.slice(12).join('.') : null;
}

function isGlobalBlock(six: IPv6): boolean {
  return ((six.parts[0] ?? 0) & 0xe000) === 0x2000;
}
