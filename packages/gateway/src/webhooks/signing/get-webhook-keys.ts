import type { PublicRoom } from "../../app/room.ts";
import { listSigningKeysAt } from "../../store/webhook-signing-keys.ts";
import { toWireKey } from "./to-wire.ts";

/**
 * Answers the public keys that verify what is signed with `v1a`. It reads them rather than tell what this process signs
 * with, so that a key that was retired is off the list at once.
 */
export const getWebhookKeys: PublicRoom<"getWebhookKeys"> = async (_request, { services }) => ({
  status: 200,
  // Whoever keeps them for so long still learns of a new one within its overlap.
  headers: { "cache-control": "public, max-age=300" },
  body: { keys: (await listSigningKeysAt(services.store.reader, services.now())).map(toWireKey) },
});
