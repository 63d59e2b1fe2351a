import type { Instant } from "@evergate/core";
import { ProblemError } from "../app/problem.ts";
import type { Caller } from "../app/world.ts";
import type { Operation } from "../contract/document.ts";
import { findApiKeyByHash } from "../store/api-keys.ts";
import type { Reader } from "../store/store.ts";
import { hashKeySecret } from "./key-secret.ts";

/** In characters, not in UTF-16 units: longer names help nobody in the record. */
const maximumActorLength = 100;

/**
 * Tells who calls, and whether the key may do this.
 * Throws `unauthenticated` (no key, unknown, revoked, expired), then `forbidden` (wrong kind, missing scope),
 * then `partner_suspended` (of all operations that are no reads, the partner's keys may make none),
 * then `malformed_request` (an `Evergate-Actor` that can't be decoded).
 */
export async function authenticate(
  db: Reader,
  operation: Operation,
  headers: { readonly authorization: string | undefined; readonly actor: string | undefined },
  now: Instant,
): Promise<Caller> {
  const secret = /^Bearer ([\x21-\x7e]{1,300})$/i.exec(headers.authorization ?? "")?.[1];
  if (secret === undefined)
    throw new ProblemError("unauthenticated", 'Send a key as "Authorization: Bearer <key>".');
  const key = await findApiKeyByHash(db, hashKeySecret(secret));
  if (key === undefined) throw new ProblemError("unauthenticated", "This key is not known.");
  if (key.revokedAt !== null)
    throw new ProblemError("unauthenticated", "This key has been revoked.");
  if (key.expiresAt !== null && key.expiresAt <= now)
    throw new ProblemError("unauthenticated", "This key has expired.");
  const scopes = operation.security?.[key.kind === "operator" ? "operatorKey" : "partnerKey"];
  if (scopes === undefined)
    throw new ProblemError(
      "forbidden",
      key.kind === "operator"
        ? "Only a partner's key can do this."
        : "Only the operator's key can do this.",
    );
  const missing =
    key.kind === "partner" ? scopes.filter((scope) => !key.scopes.includes(scope)) : [];
  if (missing.length > 0)
    throw new ProblemError("forbidden", `This key lacks the scope ${missing.join(", ")}.`);
  if (key.isPartnerSuspended && operation.method !== "get")
    throw new ProblemError(
      "partner_suspended",
      "This partner is suspended: its keys can read, and change nothing. Service and billing go on.",
    );
  return {
    kind: key.kind,
    keyId: key.id,
    partner: key.partner,
    scopes: key.scopes,
    actor: readActor(headers.actor) ?? key.name,
  };
}

function readActor(header: string | undefined): string | null {
  if (header === undefined || header === "") return null;
  try {
    const actor = decodeURIComponent(header).trim();
    if (actor !== "" && Array.from(actor).length <= maximumActorLength && !/\p{Cc}/u.test(actor))
      return actor;
  } catch {
    // Not percent-encoded UTF-8: answered below.
  }
  throw new ProblemError(
    "malformed_request",
    `Evergate-Actor has to be a name of 1 to ${maximumActorLength} characters, percent-encoded UTF-8.`,
    [{ pointer: "/header/evergate-actor", detail: "for example Jana%20Nov%C3%A1kov%C3%A1" }],
  );
}
