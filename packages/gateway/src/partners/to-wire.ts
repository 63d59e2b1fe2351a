import { channelOn, dayOf, formatInstant, type Instant } from "@evergate/core";
import type { components } from "../generated/api.ts";
import { partnerNow, type Partner } from "../store/partners.ts";

export type WirePartner = components["schemas"]["PartnerFields"];

/** A partner as the API answers it at an instant of the system's clock: what kind it is, is told by its own day. */
export function toWirePartner(partner: Partner, systemNow: Instant): WirePartner {
  const { terms, suspension } = partner;
  return {
    id: partner.id,
    name: partner.name,
    type: channelOn(terms, dayOf(partnerNow(partner, systemNow), terms.timeZone)),
    mspFrom: terms.mspFrom,
    status: suspension === null ? partner.status : "suspended",
    suspension:
      suspension === null
        ? null
        : { since: formatInstant(suspension.since), reason: suspension.reason },
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
