import { formatInstant } from "@evergate/core";
import type { components } from "../generated/api.ts";
import type { SettlementRun } from "../store/settlements.ts";

/** A settlement as the API answers it. */
export function toWireSettlement(run: SettlementRun): components["schemas"]["Settlement"] {
  return {
    id: run.id,
    partner: run.partner,
    month: run.month,
    phase: run.phase,
    charges: { done: run.charges.done, of: run.charges.of },
    bill: run.bill,
    tries: run.failures + 1,
    failure: run.failure,
    dueAt: formatInstant(run.dueAt),
    startedAt: formatInstant(run.startedAt),
    finishedAt: run.finishedAt === null ? null : formatInstant(run.finishedAt),
  };
}
