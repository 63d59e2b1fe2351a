import { refuse } from "../app/problem.ts";
import { recordOperatorChange } from "../app/record-change.ts";
import type { WriteRoom } from "../app/room.ts";
import { lockApiKey, updateApiKeyEnd } from "../store/api-keys.ts";
import { toWireApiKey } from "./to-wire.ts";

/** Ends a key at once. Ending it again changes nothing. Refusals: `not_found`. */
export const revokeApiKey: WriteRoom<"revokeApiKey"> = async ({ path }, world) => {
  const key = await lockApiKey(world.tx, world.services.store.dialect, path.keyId);
  if (key === undefined) return refuse("not_found", `There is no key ${path.keyId}.`);
  if (key.revokedAt === null) {
    const revokedAt = world.services.now();
    await updateApiKeyEnd(world.tx, key.id, { revokedAt });
    await recordOperatorChange(
      world,
      "revokeApiKey",
      key.id,
      toWireApiKey(key),
      toWireApiKey({ ...key, revokedAt }),
    );
  }
  return { status: 204 };
};
