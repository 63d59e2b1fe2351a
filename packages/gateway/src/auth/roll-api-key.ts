import { formatInstant, toInstant } from "@evergate/core";
import { refuse } from "../app/problem.ts";
import { recordOperatorChange } from "../app/record-change.ts";
import type { WriteRoom } from "../app/room.ts";
import { lockApiKey, updateApiKeyEnd } from "../store/api-keys.ts";
import { issueKey } from "./issue-key.ts";
import { toWireApiKey } from "./to-wire.ts";

/** Makes a key like this one, and lets the old one work beside it for a while. Refusals: `not_found`, `api_key_revoked`. */
export const rollApiKey: WriteRoom<"rollApiKey"> = async ({ path, body }, world) => {
  const old = await lockApiKey(world.tx, world.services.store.dialect, path.keyId);
  if (old === undefined) return refuse("not_found", `There is no key ${path.keyId}.`);
  const now = world.services.now();
  if (old.revokedAt !== null)
    return refuse(
      "api_key_revoked",
      `The key was revoked at ${formatInstant(old.revokedAt)}. Make a new one.`,
    );
  if (old.expiresAt !== null && old.expiresAt <= now)
    return refuse(
      "api_key_revoked",
      `The key expired at ${formatInstant(old.expiresAt)}. Make a new one.`,
    );
  const { key, secret } = await issueKey(
    world,
    { kind: old.kind, partner: old.partner, name: old.name, scopes: old.scopes },
    "rollApiKey",
  );
  const overlapEndsAt = toInstant(now + body.overlapSeconds * 1_000);
  // A roll never lengthens a life: a key that ends sooner, for instance by an earlier roll, still does.
  const expiresAt =
    old.expiresAt !== null && old.expiresAt < overlapEndsAt ? old.expiresAt : overlapEndsAt;
  await updateApiKeyEnd(world.tx, old.id, { expiresAt });
  await recordOperatorChange(
    world,
    "rollApiKey",
    old.id,
    toWireApiKey(old),
    toWireApiKey({ ...old, expiresAt }),
  );
  return { status: 201, body: { ...toWireApiKey(key), secret } };
};
