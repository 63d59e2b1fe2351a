import type { PartnerWriteRoom } from "../../app/room.ts";
import { recordChange } from "../../app/record-change.ts";
import { insertWithdrawal } from "../../store/receipt-endpoints.ts";
import { lockEndpoint } from "../../store/webhook-endpoints.ts";
import { deleteEndpoint } from "../../store/webhook-retention.ts";
import { refuseUnknownEndpoint } from "./refuse-unknown-endpoint.ts";
import { toWireEndpoint } from "./to-wire.ts";

/** Deletes an endpoint with what was still to be delivered to it, and with the receipts that it still owes. Refusals: `not_found`. */
export const deleteWebhookEndpoint: PartnerWriteRoom<"deleteWebhookEndpoint"> = async (
  { path },
  world,
) => {
  const { tx, services, partner } = world;
  const endpoint = await lockEndpoint(tx, services.store.dialect, partner.id, path.endpointId);
  if (endpoint === undefined) return refuseUnknownEndpoint(path.endpointId);
  await deleteEndpoint(tx, services.store.dialect, partner.id, endpoint.id, services.now());
  if (partner.expectsReceipts || endpoint.receipts !== null)
    await insertWithdrawal(
      tx,
      services.store.dialect,
      { partner: partner.id, endpoint: endpoint.id, isDeleted: true },
      services.now,
    );
  await recordChange(
    world,
    "deleteWebhookEndpoint",
    endpoint.id,
    toWireEndpoint(endpoint, services.now()),
    null,
  );
  return { status: 204 };
};
