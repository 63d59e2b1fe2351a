import { recordChange } from "../../app/record-change.ts";
import type { PartnerWriteRoom } from "../../app/room.ts";
import { lockEndpoint, type WebhookEndpoint } from "../../store/webhook-endpoints.ts";
import { touchQueue } from "../../store/webhook-queues.ts";
import { getSecrets, updateSecrets } from "../../store/webhook-secrets.ts";
import { refuseUnknownEndpoint } from "./refuse-unknown-endpoint.ts";
import { answerEndpoint } from "./answer-endpoint.ts";
import { toWireEndpoint } from "./to-wire.ts";

/** Ends the secrets that were rotated away from, whatever their overlap. Refusals: `not_found`. */
export const revokePreviousWebhookSecrets: PartnerWriteRoom<
  "revokePreviousWebhookSecrets"
> = async ({ path }, world) => {
  const { tx, services, partner } = world;
  const now = services.now();
  const before = await lockEndpoint(tx, services.store.dialect, partner.id, path.endpointId);
  if (before === undefined) return refuseUnknownEndpoint(path.endpointId);
  const after: WebhookEndpoint = { ...before, previousSecretsEndAt: [] };
  const wire = toWireEndpoint(after, now);
  if (before.previousSecretsEndAt.length > 0) {
    const { current } = await getSecrets(tx, services.secretBox, partner.id, after.id);
    const secrets = { current, previous: [] };
    await updateSecrets(tx, services.secretBox, partner.id, after.id, secrets, after.secretSetAt);
    await touchQueue(tx, partner.id, after.id, now);
    await recordChange(
      world,
      "revokePreviousWebhookSecrets",
      after.id,
      toWireEndpoint(before, now),
      wire,
    );
  }
  return { status: 200, body: await answerEndpoint(tx, partner.id, after, now) };
};
