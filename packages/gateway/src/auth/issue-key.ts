import type { WriteWorld } from "../app/world.ts";
import { recordOperatorChange } from "../app/record-change.ts";
import { scopes } from "../generated/api.ts";
import { makeId } from "../ids.ts";
import { insertApiKey, type ApiKey } from "../store/api-keys.ts";
import { hashKeySecret, hintOf, makeKeySecret } from "./key-secret.ts";
import { toWireApiKey } from "./to-wire.ts";

/** All that a partner's key can be allowed: the scopes of the contract. */
export const allScopes: readonly string[] = scopes;

/** Makes a key and its secret, which is to be shown this once: only a hash of it is kept. */
export async function issueKey(
  world: WriteWorld,
  wanted: Pick<ApiKey, "kind" | "partner" | "name" | "scopes">,
  action: string,
): Promise<{ key: ApiKey; secret: string }> {
  const secret = makeKeySecret(wanted.kind);
  const key: ApiKey = {
    ...wanted,
    id: makeId("key"),
    hash: hashKeySecret(secret),
    hint: hintOf(secret),
    // Keys live in real time, also a sandbox partner's.
    createdAt: world.services.now(),
    expiresAt: null,
    revokedAt: null,
  };
  await insertApiKey(world.tx, key);
  await recordOperatorChange(world, action, key.id, null, toWireApiKey(key));
  return { key, secret };
}
