import type { Instant } from "@evergate/core";
import { refuseField, type Refused } from "../../app/problem.ts";

/** Headers that an endpoint's owner has asked for, by their names as written. */
export type CustomHeaders = Readonly<Record<string, string>>;

const maximumHeaders = 16;

/** Servers commonly take 8 KiB of headers, and ours have to fit in beside these. */
const maximumBytes = 6_144;

/** What the connection, the body or the signature is told by (RFC 9110, 7.6.1): a second voice there is how requests are smuggled. */
const reservedNames: ReadonlySet<string> = new Set([
  "host",
  "connection",
  "keep-alive",
  "te",
  "trailer",
  "transfer-encoding",
  "upgrade",
  "http2-settings",
  "expect",
  "user-agent",
  "accept-encoding",
  // What metadata services of clouds ask for, so that nobody can be made to query one by accident.
  "metadata",
  "metadata-flavor",
  "x-google-metadata-request",
]);

const reservedBeginnings = [
  "proxy-",
  "content-",
  "webhook-",
  "svix-",
  "evergate-",
  "x-aws-ec2-metadata-",
];

/** Refuses headers that can't be sent with deliveries; undefined where they can. The contract has checked their characters. */
export function refuseCustomHeaders(headers: CustomHeaders): Refused | undefined {
  const refuseAt = (pointer: string, detail: string): Refused =>
    refuseField("webhook_header_not_allowed", pointer, detail);
  const names = Object.keys(headers);
  if (names.length > maximumHeaders)
    return refuseAt(
      "/headers",
      `There would be ${names.length} headers; ${maximumHeaders} are the most.`,
    );
  const seen = new Set<string>();
  for (const name of names) {
    const key = name.toLowerCase();
    if (reservedNames.has(key) || reservedBeginnings.some((beginning) => key.startsWith(beginning)))
      return refuseAt(
        `/headers/${name}`,
        `The header ${name} is not yours to set: the request itself needs it, or it is never right here.`,
      );
    if (seen.has(key))
      return refuseAt(
        `/headers/${name}`,
        `The header ${name} is there twice; case makes no difference.`,
      );
    seen.add(key);
  }
  const bytes = Object.entries(headers).reduce(
    // Each on a line of its own, after a colon and a blank; its characters are Latin-1, a byte each.
    (sum, [name, value]) => sum + name.length + value.length + 4,
    0,
  );
  return bytes > maximumBytes
    ? refuseAt("/headers", `The headers have ${bytes} bytes in all; ${maximumBytes} are the most.`)
    : undefined;
}

/** The headers after a change: null takes one away, whatever case its name is written in. */
export function changeHeaders(
  headers: CustomHeaders,
  changes: Readonly<Record<string, string | null>>,
): CustomHeaders {
  const changed = new Set(Object.keys(changes).map((name) => name.toLowerCase()));
  return Object.fromEntries([
    ...Object.entries(headers).filter(([name]) => !changed.has(name.toLowerCase())),
    ...Object.entries(changes).flatMap(([name, value]) =>
      value === null ? [] : [[name, value] as const],
    ),
  ]);
}

/** When each header was set: now, or, where it says what it said before, when that was. */
export function dateHeaders(
  before: CustomHeaders,
  setAt: Readonly<Record<string, Instant>>,
  after: CustomHeaders,
  now: Instant,
): Readonly<Record<string, Instant>> {
  return Object.fromEntries(
    Object.entries(after).map(([name, value]) => [
      name,
      Object.hasOwn(before, name) && before[name] === value ? (setAt[name] ?? now) : now,
    ]),
  );
}
