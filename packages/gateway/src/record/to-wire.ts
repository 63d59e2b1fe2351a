import { formatInstant } from "@evergate/core";
import type { components } from "../generated/api.ts";
import type { StoredAuditEntry } from "../store/audit-log.ts";

/** What every entry of the record says, whatever its subject (R26). */
export function toWireEntryFields(
  entry: StoredAuditEntry,
): components["schemas"]["HistoryEntryFields"] {
  return {
    id: entry.id,
    at: formatInstant(entry.at),
    recordedAt: formatInstant(entry.recordedAt),
    action: entry.action,
    actor: entry.actor,
    key: entry.apiKey,
    requestId: entry.requestId,
  };
}
