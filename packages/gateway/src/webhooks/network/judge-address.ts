import { isIPv4, type BlockList } from "node:net";
import ipaddr from "ipaddr.js";

/** `EVERGATE_ALLOW_PRIVATE_WEBHOOKS`: none, all, or those in a list. */
export type PrivateWebhooks = BlockList | boolean;

/** Public; private, but allowed by the operator; or refused. */
export type AddressJudgement = "public" | "private" | "refused";

/** Prefixes by which an IPv6 address stands for an IPv4 one that is then really reached: mapped (RFC 4291) and NAT64 (RFC 6052). */
const translated: readonly (readonly [ipaddr.IPv6, number])[] = [
  [ipaddr.IPv6.parse("::ffff:0:0"), 96],
  [ipaddr.IPv6.parse("64:ff9b::"), 96],
];

/** What IANA has given out as global unicast (RFC 4291, 2.4). */
const globalUnicast: readonly [ipaddr.IPv6, number] = [ipaddr.IPv6.parse("2000::"), 3];

/** Public by its number, yet a cloud's inside: Azure answers its machines here. */
const insideClouds: ReadonlySet<string> = new Set(["168.63.129.16"]);

/**
 * Judges an address in the form in which a socket or a resolver gives it. Tunnels (6to4, Teredo) count as private
 * whatever they lead to; what can't be read is refused.
 */
export function judgeAddress(text: string, allowed: PrivateWebhooks): AddressJudgement {
  const address = decodeAddress(text);
  if (address === undefined) return "refused";
  if (isPublic(address)) return "public";
  if (typeof allowed === "boolean") return allowed ? "private" : "refused";
  return allowed.check(address.toNormalizedString().split("%")[0] ?? "", address.kind())
    ? "private"
    : "refused";
}

function decodeAddress(text: string): ipaddr.IPv4 | ipaddr.IPv6 | undefined {
  if (isIPv4(text)) return ipaddr.IPv4.parse(text);
  if (!ipaddr.IPv6.isValid(text)) return undefined;
  const address = ipaddr.IPv6.parse(text);
  if (!translated.some(([prefix, bits]) => address.match(prefix, bits))) return address;
  return new ipaddr.IPv4(address.toByteArray().slice(-4));
}

function isPublic(address: ipaddr.IPv4 | ipaddr.IPv6): boolean {
  if (address.range() !== "unicast") return false;
  if (address.kind() === "ipv6") return address.match(globalUnicast[0], globalUnicast[1]);
  return !insideClouds.has(address.toString());
}
