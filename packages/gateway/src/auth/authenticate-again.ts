import type { Instant } from "@evergate/core";
import { ProblemError } from "../app/problem.ts";
import type { Caller } from "../app/world.ts";
import { findApiKey } from "../store/api-keys.ts";
import type { Reader } from "../store/store.ts";

/** For requests that take long: throws `unauthenticated` where the key has been revoked or has expired since they came. */
export async function authenticateAgain(
  db: Reader,
  caller: Pick<Caller, "keyId">,
  now: Instant,
): Promise<void> {
  const key = await findApiKey(db, caller.keyId);
  if (key === undefined || key.revokedAt !== null)
    throw new ProblemError("unauthenticated", "This key has been revoked.");
  if (key.expiresAt !== null && key.expiresAt <= now)
    throw new ProblemError("unauthenticated", "This key has expired.");
}
