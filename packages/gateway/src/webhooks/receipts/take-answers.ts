import type { Instant } from "@evergate/core";
import type { PartnerId } from "../../ids.ts";
import type { Sealer } from "../../secrets/sealer.ts";
import { appendAudit } from "../../store/audit-log.ts";
import { findPartner, partnerNow } from "../../store/partners.ts";
import { lockReceiptsOfEvents } from "../../store/receipts.ts";
import type { Dialect, Transaction } from "../../store/store.ts";
import { decideReceipt, type ReceiptReport } from "./decide-receipt.ts";
import { readAnswer } from "./read-answer.ts";
import { saveReceipts } from "./save-receipts.ts";
import { toWireReceipt } from "./to-wire.ts";

/** A delivery that its endpoint has taken, with the beginning of what it answered. */
export interface TakenDelivery {
  readonly partner: PartnerId;
  readonly endpoint: string;
  readonly event: string;
  readonly responseExcerpt: string | null;
}

/**
 * Takes the reports out of the answers to deliveries, where they are awaited. One that contradicts what was applied
 * changes nothing: the receiver isn't there any more to be told.
 */
export async function takeAnswers(
  tx: Transaction,
  sealer: Sealer,
  dialect: Dialect,
  taken: readonly TakenDelivery[],
  now: Instant,
): Promise<void> {
  const reports = taken.flatMap(({ partner, endpoint, event, responseExcerpt }) => {
    const report = readAnswer(responseExcerpt);
    return report === null ? [] : { partner, endpoint, event, report };
  });
  for (const [id, own] of groupByPartner(reports)) {
    const partner = await findPartner(tx, id);
    if (partner === undefined || !partner.expectsReceipts) continue;
    const reportOf = new Map<string, ReceiptReport>(own.map((one) => [toName(one), one.report]));
    const owed = await lockReceiptsOfEvents(
      tx,
      dialect,
      id,
      own.map(({ event }) => event),
    );
    const changes = owed.flatMap((before) => {
      const report = reportOf.get(toName(before));
      const after = report === undefined ? null : decideReceipt(before, report, now);
      return after === null || after === before ? [] : { before, after };
    });
    const at = partnerNow(partner, now);
    await saveReceipts(tx, partner, changes, () => at);
    await appendAudit(
      tx,
      sealer,
      id,
      changes.map(({ before, after }) => ({
        at,
        recordedAt: now,
        action: "recordReceipt",
        subject: after.id,
        actor: after.endpoint,
        apiKey: null,
        requestId: null,
        before: toWireReceipt(before),
        after: toWireReceipt(after),
      })),
    );
  }
}

/** In the order of their ids, so that two who lock several partners' never wait for each other. */
function groupByPartner<T extends { readonly partner: PartnerId }>(
  items: readonly T[],
): readonly (readonly [PartnerId, readonly T[]])[] {
  return [...Map.groupBy(items, ({ partner }) => partner)].toSorted(([one], [other]) =>
    one < other ? -1 : 1,
  );
}

function toName({
  event,
  endpoint,
}: {
  readonly event: string;
  readonly endpoint: string;
}): string {
  return `${event} ${endpoint}`;
}
