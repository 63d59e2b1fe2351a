import type { BlockList } from "node:net";
import ipaddr from "ipaddr.js";
import { readAddresses, type Address } from "./read-addresses.ts";

/** `EVERGATE_ALLOW_PRIVATE_WEBHOOKS`: none, all, or those in a list. */
export type PrivateWebhooks = BlockList | boolean;

/** Public; private, but allowed by the operator; or refused. */
export type AddressJudgement = "public" | "private" | "refused";

/** What IANA has given out as global unicast (RFC 4291, 2.4). */
const globalUnicast: readonly [ipaddr.IPv6, number] = ipaddr.IPv6.parseCIDR("2000::/3");

/**
 * Where clouds and containers tell their machines who they are, and give them keys: never a receiver of webhooks, so
 * not even an operator's leave opens them. Each provider's documentation names its own.
 */
const insideClouds: ReadonlySet<string> = new Set([
  "169.254.169.254", // AWS, Azure, Google, DigitalOcean, Oracle, OpenStack, Hetzner
  "169.254.170.2", // AWS, tasks of ECS
  "169.254.170.23", // AWS, pods of EKS
  "169.254.0.23", // Tencent
  "168.63.129.16", // Azure's inside: public by its number, answered on each machine
  "100.100.100.200", // Alibaba
  "192.0.0.192", // Oracle, older machines
  "fd00:ec2::254", // AWS
  "fd00:ec2::23", // AWS, pods of EKS
  "fd20:ce::254", // Google
  "fd00:42::42", // Scaleway
  "fe80::a9fe:a9fe", // OpenStack
]);

/**
 * Judges an address in the form in which a socket or a resolver gives it, and whatever it leads to: an IPv4 address that
 * an IPv6 one stands for or tunnels to can make it refused. Anything outside global unicast is private; of that only what
 * the operator allows passes; what can't be read is refused.
 */
export function judgeAddress(text: string, allowed: PrivateWebhooks): AddressJudgement {
  const addresses = readAddresses(text);
  if (addresses.length === 0 || addresses.some(isInsideCloud)) return "refused";
  if (addresses.every(isPublic)) return "public";
  return addresses.every((address) => isPublic(address) || isAllowed(address, allowed))
    ? "private"
    : "refused";
}

/** Whether an address leads to where no operator's leave does. */
export function isAddressInsideCloud(text: string): boolean {
  return readAddresses(text).some(isInsideCloud);
}

function isInsideCloud(address: Address): boolean {
  return insideClouds.has(address.toString());
}

/** By IANA's registries of special addresses, as ipaddr.js has them. */
function isPublic(address: Address): boolean {
  if (address.range() !== "unicast") return false;
  return address.kind() === "ipv4" || address.match(globalUnicast[0], globalUnicast[1]);
}

function isAllowed(address: Address, allowed: PrivateWebhooks): boolean {
  return typeof allowed === "boolean"
    ? allowed
    : allowed.check(address.toNormalizedString(), address.kind());
}
