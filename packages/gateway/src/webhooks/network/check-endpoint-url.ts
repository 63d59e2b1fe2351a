import { isIP } from "node:net";
import { judgeAddress, type PrivateWebhooks } from "./judge-address.ts";

/**
 * Says why nothing may be delivered to a URL, or undefined where nothing speaks against it.
 *
 * Names are not resolved here: what a name leads to can change at any time, so the address is judged at every
 * connection. This refuses what can never be right, where the caller still sees it.
 */
export function checkEndpointUrl(text: string, allowed: PrivateWebhooks): string | undefined {
  const url = URL.parse(text);
  if (url === null) return "url is not a valid URL.";
  if (url.protocol !== "https:" && url.protocol !== "http:")
    return "url has to begin with https://.";
  if (url.username !== "" || url.password !== "")
    return "url must not hold a user name or password; deliveries are signed instead.";
  if (url.port === "0") return "url names the port 0, which does not exist.";
  const host = toHost(url);
  if (isIP(host) !== 0) return checkLiteral(url, judgeAddress(host, allowed));
  if (allowed === false && url.protocol === "http:") return "url has to begin with https://.";
  if (allowed === false && isLocalName(host))
    return `url leads to ${host}, which is not a public host.`;
  return undefined;
}

/** The host as a resolver takes it: without the brackets of IPv6. The URL parser has already read octal, hexadecimal and short IPv4. */
function toHost(url: URL): string {
  return url.hostname.replace(/^\[(.*)\]$/, "$1");
}

function checkLiteral(url: URL, judgement: ReturnType<typeof judgeAddress>): string | undefined {
  if (judgement === "refused") return "url leads to an address that is not a public one.";
  if (judgement === "public" && url.protocol === "http:") return "url has to begin with https://.";
  return undefined;
}

/** Names that lead to this machine (RFC 6761) or to the next one: no public host has a name of one part. */
function isLocalName(host: string): boolean {
  const name = host.replace(/\.$/, "");
  return !name.includes(".") || name.endsWith(".localhost");
}
