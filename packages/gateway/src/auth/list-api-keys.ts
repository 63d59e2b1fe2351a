import type { ReadRoom } from "../app/room.ts";
import { listApiKeys as list } from "../store/api-keys.ts";
import { toWireApiKey } from "./to-wire.ts";

/** Lists keys without their secrets, newest first. */
export const listApiKeys: ReadRoom<"listApiKeys"> = async ({ query }, { db }) => {
  const page = await list(db, { kind: query.kind, partner: query.partner }, query);
  return { status: 200, body: { data: page.data.map(toWireApiKey), nextCursor: page.nextCursor } };
};
