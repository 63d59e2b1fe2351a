import type { Instant } from "@evergate/core";
import { toPartnerId, type PartnerId } from "../../ids.ts";
import type { Services } from "../../app/world.ts";
import { appendAudit, clockActor } from "../../store/audit-log.ts";
import { listAskedEndpoints } from "../../store/receipt-endpoints.ts";
import { findPartner, partnerNow, type Partner } from "../../store/partners.ts";
import {
  deleteReceipts,
  listDueReceipts,
  lockPendingReceipts,
  type Receipt,
} from "../../store/receipts.ts";
import type { Transaction } from "../../store/store.ts";
import { saveReceipts } from "./save-receipts.ts";
import { toWireReceipt } from "./to-wire.ts";

/** So many receipts become overdue in one transaction: on SQLite every other writer waits for its end. */
export const overdueChunk = 100;

/**
 * Marks receipts that have not come in time and tells of each (R27), a chunk of them. Any number of processes may do
 * so at once: a receipt is marked and told of in one transaction, and only while it is pending. Answers how many it found.
 */
export async function tellOverdue(
  services: Pick<Services, "store" | "sealer" | "signals" | "now">,
): Promise<number> {
  const { store, signals } = services;
  const now = services.now();
  const due = await listDueReceipts(store.reader, now, overdueChunk);
  for (const [id, receipts] of Map.groupBy(due, ({ partner }) => toPartnerId(partner))) {
    await store.transaction((tx) =>
      tellOverdueOf(
        tx,
        services,
        id,
        receipts.map((receipt) => receipt.id),
        now,
      ),
    );
    signals.eventsStored(id);
  }
  return due.length;
}

async function tellOverdueOf(
  tx: Transaction,
  { store, sealer }: Pick<Services, "store" | "sealer">,
  id: PartnerId,
  ids: readonly string[],
  now: Instant,
): Promise<void> {
  const partner = await findPartner(tx, id);
  if (partner === undefined) return;
  const pending = await lockPendingReceipts(tx, store.dialect, id, ids);
  const asked = new Set(await listAskedEndpoints(tx, id));
  await deleteReceipts(
    tx,
    id,
    pending.filter(({ endpoint }) => !asked.has(endpoint)).map((receipt) => receipt.id),
  );
  const changes = pending
    .filter(({ endpoint }) => asked.has(endpoint))
    .map((before) => ({ before, after: { ...before, status: "overdue" as const } }));
  const occurredAt = (receipt: Receipt): Instant => becomesOverdueAt(receipt, partner, now);
  await saveReceipts(tx, partner, changes, occurredAt);
  await appendAudit(
    tx,
    sealer,
    id,
    changes.map(({ before, after }) => ({
      at: occurredAt(after),
      recordedAt: now,
      action: "receipt.overdue",
      subject: after.id,
      actor: clockActor,
      apiKey: null,
      requestId: null,
      before: toWireReceipt(before),
      after: toWireReceipt(after),
    })),
  );
}

/** Late is the same as on time (R3): when it was due, whenever that is noticed. In a sandbox it is what time it is there. */
function becomesOverdueAt({ dueAt }: Receipt, partner: Partner, now: Instant): Instant {
  return partner.mode === "sandbox" ? partnerNow(partner, now) : dueAt;
}
