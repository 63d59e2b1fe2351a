import type { PublicRoom } from "../../app/room.ts";
import { toWireKey } from "./to-wire.ts";

/** Answers the public keys that verify what is signed with `v1a`. Whoever keeps them for so long still learns of a new one in its overlap. */
export const getWebhookKeys: PublicRoom<"getWebhookKeys"> = async (_request, { services }) => ({
  status: 200,
  headers: { "cache-control": "public, max-age=300" },
  body: { keys: (await services.signingKeys.list()).map(toWireKey) },
});
