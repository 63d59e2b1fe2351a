import { formatInstant, type Instant } from "@evergate/core";
import type { components } from "../generated/api.ts";
import type { PartnerApplication } from "../store/partner-applications.ts";

export type WireApplication = components["schemas"]["PartnerApplication"];

/** An application as the API answers it. */
export function toWireApplication(application: PartnerApplication): WireApplication {
  return {
    id: application.id,
    status: application.status,
    type: application.type,
    ...application.answers,
    createdAt: formatInstant(application.createdAt),
    reviewedAt: formatMaybe(application.reviewedAt),
    decidedAt: formatMaybe(application.decidedAt),
    rejectionReason: application.rejectionReason,
    partner: application.partner,
  };
}

function formatMaybe(instant: Instant | null): string | null {
  return instant === null ? null : formatInstant(instant);
}
