import type { Instant } from "@evergate/core";
import { toPartnerId } from "../ids.ts";
import { createSecretBox } from "../secrets/secret-box.ts";
import type { Store } from "../store/store.ts";
import { openEndpointSecret } from "../store/webhook-secrets.ts";
import { listSigningKeysAt, openSigningKey } from "../store/webhook-signing-keys.ts";

/**
 * Whether the key opens what the database has sealed, the newest endpoint's secret and the keys that the gateway signs
 * with now: "fits", "differs" where one of them stays closed, or "unused" where nothing is sealed yet.
 */
export async function checkSecretKey(
  store: Store,
  secretKey: string,
  now: Instant,
): Promise<"fits" | "differs" | "unused"> {
  const box = createSecretBox(secretKey);
  const [endpoint] = await store.reader
    .selectFrom("webhook_endpoints")
    .select(["partner", "id", "secret"])
    .where("deleted_at", "is", null)
    .orderBy("created_at", "desc")
    .limit(1)
    .execute();
  const keys = await listSigningKeysAt(store.reader, now);
  if (endpoint === undefined && keys.length === 0) return "unused";
  try {
    if (endpoint !== undefined)
      openEndpointSecret(box, toPartnerId(endpoint.partner), endpoint.id, endpoint.secret);
    for (const key of keys) openSigningKey(box, key);
    return "fits";
  } catch {
    return "differs";
  }
}
