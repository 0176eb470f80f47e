/** Addresses that a public server has no reason to send anybody to: this machine and the networks around it. */
import { BlockList, isIP } from 'node:net';

const LINK_LOCAL = new BlockList();
LINK_LOCAL.addSubnet('169.254.0.0', 16); // where clouds keep the credentials of their machines
LINK_LOCAL.addSubnet('fe80::', 10, 'ipv6');

const NEARBY = new BlockList();
for (const [net, prefix] of [
  ...([['0.0.0.0', 8], ['10.0.0.0', 8], ['100.64.0.0', 10], ['127.0.0.0', 8]] as const),
  ...([['172.16.0.0', 12], ['192.0.0.0', 24], ['192.168.0.0', 16], ['198.18.0.0', 15], ['224.0.0.0', 3]] as const),
]) NEARBY.addSubnet(net, prefix); // prettier-ignore
for (const [net, prefix] of [
  ...([['::', 127], ['fc00::', 7], ['fec0::', 10], ['ff00::', 8]] as const),
  // IPv4 in ways that no public server has: "compatible", 6to4, and NAT64 of one's own network.
  ...([['::', 96], ['2002::', 16], ['64:ff9b:1::', 48]] as const),
]) NEARBY.addSubnet(net, prefix, 'ipv6'); // prettier-ignore

/** Where networks without IPv4 have all of it (NAT64). */
const TRANSLATED = new BlockList();
TRANSLATED.addSubnet('64:ff9b::', 96, 'ipv6');

/** How near an address is: `link-local` is nearest. An IPv4 address within an IPv6 one counts as itself. */
export function nearnessOf(address: string): 'link-local' | 'nearby' | 'public' {
  const plain = address.replace(/%.*/, ''); // which of our networks a link-local address is of
  const family = isIP(plain) === 6 ? 'ipv6' : 'ipv4';
  if (LINK_LOCAL.check(plain, family)) return 'link-local';
  if (NEARBY.check(plain, family)) return 'nearby';
  return family === 'ipv6' && TRANSLATED.check(plain, family) ? nearnessOf(lastOf(plain)) : 'public';
}

/** The IPv4 address that the last 32 bits of an IPv6 one are. */
function lastOf(address: string): string {
  const groups = new URL(`http://[${address}]`).hostname.slice(1, -1).split(':').slice(-2);
  const bytes = groups.flatMap((group) => [
    parseInt(group || '0', 16) >> 8,
    parseInt(group || '0', 16) & 255,
  ]);
  return bytes.join('.');
}

/** The same of a URL's host, where it says so itself. */
export function hostAddress(host: string): string | undefined {
  const plain = host.replace(/^\[|\]$/g, '');
  if (isIP(plain)) return plain;
  return /(?:^|\.)localhost\.?$/i.test(plain) ? '127.0.0.1' : undefined;
}
