import { isIPv4, isIPv6 } from "node:net";
import ipaddr from "ipaddr.js";

export type Address = ipaddr.IPv4 | ipaddr.IPv6;

type Network = readonly [prefix: ipaddr.IPv6, bits: number];
type Octets = readonly number[];

const network = (text: string): Network => ipaddr.IPv6.parseCIDR(text);

/** Only another way to write the IPv4 address that is then reached: mapped (RFC 4291, 2.5.5.2) and NAT64's well-known prefix (RFC 6052). */
const spellings: readonly Network[] = [network("::ffff:0:0/96"), network("64:ff9b::/96")];

/** What leads on to an IPv4 address, and where it holds that: what it is itself matters as much as where it leads. */
const passages: readonly {
  readonly network: Network;
  readonly read: (bytes: Octets) => readonly Octets[];
}[] = [
  // IPv4-compatible (RFC 4291, 2.5.5.1), which `::` and `::1` are not.
  { network: network("::/96"), read: (bytes) => (bytes[12] === 0 ? [] : [bytes.slice(12)]) },
  // IPv4-translated (RFC 2765, 2.1).
  { network: network("::ffff:0:0:0/96"), read: (bytes) => [bytes.slice(12)] },
  // NAT64 by a prefix of the network's own (RFC 8215).
  { network: network("64:ff9b:1::/48"), read: (bytes) => [readLocalNat64(bytes)] },
  // 6to4 (RFC 3056).
  { network: network("2002::/16"), read: (bytes) => [bytes.slice(2, 6)] },
  // Teredo (RFC 4380, 4): its server, and, inverted, its client.
  {
    network: network("2001::/32"),
    read: (bytes) => [bytes.slice(4, 8), bytes.slice(12).map((byte) => byte ^ 0xff)],
  },
  // ISATAP (RFC 5214, 6.1): told by the middle of the address, whatever network it is in.
  {
    network: network("::/0"),
    read: (bytes) =>
      [0x0000_5efe, 0x0200_5efe].includes(Buffer.from(bytes).readUInt32BE(8))
        ? [bytes.slice(12)]
        : [],
  },
];

/**
 * Every address that a packet sent to this one may come to, itself first; none where the text is no address in the form
 * in which a socket or a resolver gives it.
 */
export function readAddresses(text: string): readonly Address[] {
  if (isIPv4(text)) return [ipaddr.IPv4.parse(text)];
  const address = parseIPv6(text);
  if (address === undefined) return [];
  const bytes = address.toByteArray();
  if (spellings.some(([prefix, bits]) => address.match(prefix, bits)))
    return [new ipaddr.IPv4(bytes.slice(12))];
  const further = passages
    .filter((passage) => address.match(passage.network[0], passage.network[1]))
    .flatMap(({ read }) => read(bytes).map((octets) => new ipaddr.IPv4([...octets])));
  return [address, ...further];
}

/** Read by the URL parser: ipaddr.js takes `::1.2.3.4` for `::ffff:1.2.3.4`, which is elsewhere. */
function parseIPv6(text: string): ipaddr.IPv6 | undefined {
  if (!isIPv6(text)) return undefined;
  const [withoutZone = ""] = text.split("%");
  const url = URL.parse(`http://[${withoutZone}]/`);
  return url === null ? undefined : ipaddr.IPv6.parse(url.hostname.slice(1, -1));
}

/** The prefix's length, which says where the address is, shows in the zeros that then follow it (RFC 6052, 2.2): 96, 64, 56 or 48 bits. */
function readLocalNat64(bytes: Octets): Octets {
  const last = bytes.findLastIndex((byte) => byte !== 0);
  if (last > 12) return bytes.slice(12);
  if (last === 12) return bytes.slice(9, 13);
  return last === 11
    ? [...bytes.slice(7, 8), ...bytes.slice(9, 12)]
    : [...bytes.slice(6, 8), ...bytes.slice(9, 11)];
}
