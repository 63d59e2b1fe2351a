import type { PartnerReadRoom } from "../app/room.ts";
import { limitOf } from "../store/page.ts";
import { getChargePlace, listReconciledCharges } from "../store/reconciliation.ts";
import { readSpan } from "./read-month.ts";
import { writeReconciliationCsv } from "./reconciliation-csv.ts";
import { toReconciliationRow } from "./reconciliation-row.ts";

/** Lists a month's charges with all their ids. */
export const listReconciliation: PartnerReadRoom<"listReconciliation"> = async (
  { query, accept },
  { db, partner, at },
) => {
  const span = readSpan(query.month, partner, at);
  if ("refused" in span) return span;
  const { month } = span;
  if (accept === "text/csv")
    return { status: 200, document: writeReconciliationCsv(db, partner.id, month) };
  const after =
    query.after === undefined ? null : await getChargePlace(db, partner.id, month, query.after);
  const limit = limitOf(query);
  const charges = await listReconciledCharges(db, partner.id, month, after, limit + 1);
  const shown = charges.slice(0, limit);
  return {
    status: 200,
    body: {
      data: shown.map((one) => toReconciliationRow(one, month)),
      nextCursor: charges.length > limit ? (shown.at(-1)?.charge.id ?? null) : null,
    },
  };
};
