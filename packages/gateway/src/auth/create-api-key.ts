import { refuseField } from "../app/problem.ts";
import type { WriteRoom } from "../app/room.ts";
import { toPartnerId } from "../ids.ts";
import { findPartner } from "../store/partners.ts";
import { allScopes, issueKey } from "./issue-key.ts";
import { toWireApiKey } from "./to-wire.ts";

/** Makes a key for a partner, or another for the operator. */
export const createApiKey: WriteRoom<"createApiKey"> = async ({ body }, world) => {
  const partner = body.partner === undefined ? null : toPartnerId(body.partner);
  if (partner !== null && (await findPartner(world.tx, partner)) === undefined)
    return refuseField("partner_unknown", "/partner", `There is no partner ${partner}.`);
  const scopes = body.kind === "operator" ? [] : (body.scopes ?? allScopes);
  const { key, secret } = await issueKey(
    world,
    { kind: body.kind, partner, name: body.name, scopes },
    "createApiKey",
  );
  return { status: 201, body: { ...toWireApiKey(key), secret } };
};
