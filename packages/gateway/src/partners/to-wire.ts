import { formatInstant } from "@evergate/core";
import type { components } from "../generated/api.ts";
import type { Partner } from "../store/partners.ts";

export type WirePartner = components["schemas"]["PartnerFields"];

/** A partner as the API answers it. */
export function toWirePartner(partner: Partner): WirePartner {
  const { terms } = partner;
  return {
    id: partner.id,
    name: partner.name,
    type: terms.type,
    status: partner.status,
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the contract has checked it on the way in
    industry: partner.industry as WirePartner["industry"],
    currency: terms.currency,
    timeZone: terms.timeZone,
    billingPeriod: terms.billingPeriod,
    trialLimit: terms.trialLimit,
    defaultTrial: terms.defaultTrial,
    taxRate: partner.taxRate,
    reverseCharge: partner.reverseCharge,
    company: partner.company,
    mode: partner.mode,
    metadata: partner.metadata,
    createdAt: formatInstant(partner.createdAt),
  };
}
