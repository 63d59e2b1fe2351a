import { IncomingMessage } from "node:http";
import type { Context } from "hono";
import ipaddr from "ipaddr.js";
import proxyAddr from "proxy-addr";

/** Of whom nothing is known: no socket stands behind the request, or a proxy has named no address. */
const unknown = "unknown";

/** Who has an IPv6 address has at least its /64 (RFC 6177): a limit on single ones would be none. */
const networkBits = 64;

/**
 * Tells from which client a request comes: from the socket, or, where that is one of the proxies that the operator
 * trusts, from what these have put into `X-Forwarded-For`, read from its end up to the first address that is none of them.
 * What anybody else writes there counts for nothing. An IPv6 address stands for its /64.
 */
export function createClientAddress(trustedProxies: readonly string[]): (c: Context) => string {
  const isTrusted =
    trustedProxies.length === 0 ? (): boolean => false : proxyAddr.compile([...trustedProxies]);
  return (c) => {
    const incoming: unknown =
      typeof c.env === "object" && c.env !== null ? Reflect.get(c.env, "incoming") : undefined;
    if (!(incoming instanceof IncomingMessage)) return unknown;
    return toClient(proxyAddr(incoming, isTrusted));
  };
}

function toClient(text: string | undefined): string {
  if (text === undefined || !ipaddr.isValid(text)) return unknown;
  const address = ipaddr.process(text);
  if (!(address instanceof ipaddr.IPv6)) return address.toString();
  return ipaddr.IPv6.networkAddressFromCIDR(
    `${address.toNormalizedString()}/${networkBits}`,
  ).toString();
}
