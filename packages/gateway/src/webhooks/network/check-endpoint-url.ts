import { isIP } from "node:net";
import { isAddressInsideCloud, judgeAddress, type PrivateWebhooks } from "./judge-address.ts";

/** Names under which clouds answer their own machines: never a receiver of webhooks, whatever is allowed. */
const insideClouds: ReadonlySet<string> = new Set([
  "metadata",
  "metadata.google.internal",
  "metadata.goog",
  "metadata.tencentyun.com",
  "metadata.azure.internal",
  "metadata.platformequinix.com",
  "instance-data",
  "instance-data.ec2.internal",
]);

/** No server of the public internet has a name under these: RFC 6761 and 6762, RFC 8375, RFC 7686, and ICANN for `internal`. */
const localDomains: readonly string[] = [
  "localhost",
  "local",
  "internal",
  "home.arpa",
  "onion",
  "invalid",
];

const neverAllowed = "where clouds tell their machines who they are, which is never allowed.";
const mayBeAllowed =
  "the gateway's operator can allow private addresses (EVERGATE_ALLOW_PRIVATE_WEBHOOKS).";

/**
 * Says why nothing may be delivered to a URL, or undefined where nothing speaks against it.
 *
 * Names are not resolved here: what a name leads to can change at any time, so the address is judged at every
 * connection. This refuses what can never be right, where the caller still sees it.
 */
export function checkEndpointUrl(text: string, allowed: PrivateWebhooks): string | undefined {
  const url = URL.parse(text);
  if (url !== null && url.protocol !== "https:" && url.protocol !== "http:")
    return "url has to begin with https://.";
  if (url === null || isMended(text)) return "url is not a valid URL.";
  if (hasUserInfo(text, url))
    return "url must not hold a user name or password; deliveries are signed instead.";
  if (url.port === "0") return "url names the port 0, which does not exist.";
  const host = toHost(url);
  if (isIP(host) !== 0) return checkLiteral(url, host, allowed);
  const name = host.replace(/\.$/, "");
  if (name.split(".").includes("")) return "url is not a valid URL.";
  if (insideClouds.has(name)) return `url leads to ${host}, ${neverAllowed}`;
  if (allowed === false && isLocalName(name))
    return `url leads to ${host}, which is not a public host; ${mayBeAllowed}`;
  if (allowed === false && url.protocol === "http:") return "url has to begin with https://.";
  return undefined;
}

/** The same of one that somebody sets; one that was taken without this goes on being delivered to. */
export function checkNewEndpointUrl(text: string, allowed: PrivateWebhooks): string | undefined {
  return text.includes("#")
    ? "url must not have a #fragment: it would never be sent."
    : checkEndpointUrl(text, allowed);
}

/** What the parser would mend (a tab, a backslash, a missing slash) is read differently elsewhere, and isn't taken at all. */
function isMended(text: string): boolean {
  return !/^https?:\/\/[^/]/i.test(text) || /[\s\\\p{Cc}]/u.test(text);
}

/** The host as a resolver takes it: without the brackets of IPv6. The URL parser has already read octal, hexadecimal and short IPv4. */
function toHost(url: URL): string {
  return url.hostname.replace(/^\[(.*)\]$/, "$1");
}

/** An empty one too: the parser drops it, yet who reads over the URL takes what stands before it for the host. */
function hasUserInfo(text: string, url: URL): boolean {
  const [, authority = ""] = /^\w+:\/\/([^/?#]*)/.exec(text) ?? [];
  return url.username !== "" || url.password !== "" || authority.includes("@");
}

function checkLiteral(url: URL, host: string, allowed: PrivateWebhooks): string | undefined {
  const judgement = judgeAddress(host, allowed);
  if (judgement === "refused")
    return isAddressInsideCloud(host)
      ? `url leads to an address ${neverAllowed}`
      : `url leads to an address that is not a public one; ${mayBeAllowed}`;
  if (judgement === "public" && url.protocol === "http:") return "url has to begin with https://.";
  return undefined;
}

/** Names that lead to this machine or to the next one: no public host has a name of one part. */
function isLocalName(name: string): boolean {
  return !name.includes(".") || localDomains.some((domain) => name.endsWith(`.${domain}`));
}
