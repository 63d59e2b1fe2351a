import type { Instant } from "@evergate/core";
import type { Sealer } from "../../secrets/sealer.ts";
import { appendAudit, clockActor } from "../../store/audit-log.ts";
import { findPartner, partnerNow } from "../../store/partners.ts";
import type { Dialect, Transaction } from "../../store/store.ts";
import { recordAttempts, type FinishedAttempt } from "../../store/webhook-queue.ts";
import { disableEndpoint } from "../../store/webhook-endpoints.ts";
import { toWireEndpoint } from "../endpoints/to-wire.ts";

/** Stores attempts with what follows from them, in one transaction. An endpoint that is gone for good is switched off, and the record says so. */
export async function recordFinished(
  tx: Transaction,
  sealer: Sealer,
  dialect: Dialect,
  attempts: readonly FinishedAttempt[],
  now: Instant,
): Promise<void> {
  const kept = await recordAttempts(tx, dialect, attempts, now);
  for (const { delivery, isEndpointGone } of kept) {
    if (!isEndpointGone) continue;
    const before = await disableEndpoint(tx, delivery.partner, delivery.endpoint);
    const partner = await findPartner(tx, delivery.partner);
    if (before === undefined || partner === undefined) continue;
    await appendAudit(tx, sealer, partner.id, [
      {
        at: partnerNow(partner, now),
        recordedAt: now,
        action: "webhook_endpoint.disabled",
        subject: before.id,
        actor: clockActor,
        apiKey: null,
        requestId: null,
        before: toWireEndpoint(before, now),
        after: toWireEndpoint({ ...before, isEnabled: false }, now),
      },
    ]);
  }
}
