import { toPartnerId } from "../ids.ts";
import { createSecretBox } from "../secrets/secret-box.ts";
import type { Store } from "../store/store.ts";
import { openEndpointSecret } from "../store/webhook-secrets.ts";

/** Whether the key opens what the database has sealed: "fits", "differs", or "unused" where nothing is sealed yet. */
export async function checkSecretKey(
  store: Store,
  secretKey: string,
): Promise<"fits" | "differs" | "unused"> {
  const row = await store.reader
    .selectFrom("webhook_endpoints")
    .select(["partner", "id", "secret"])
    .orderBy("created_at", "desc")
    .limit(1)
    .executeTakeFirst();
  if (row === undefined) return "unused";
  try {
    openEndpointSecret(createSecretBox(secretKey), toPartnerId(row.partner), row.id, row.secret);
    return "fits";
  } catch {
    return "differs";
  }
}
