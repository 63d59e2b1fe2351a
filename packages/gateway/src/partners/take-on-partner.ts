import { dayOf, isTimeZone, monthOf, settlesAt, type PartnerTerms } from "@evergate/core";
import { refuseField, type Refused } from "../app/problem.ts";
import { recordOperatorChange } from "../app/record-change.ts";
import type { WriteWorld } from "../app/world.ts";
import type { components } from "../generated/api.ts";
import { allScopes, issueKey } from "../auth/issue-key.ts";
import { readInstant } from "../app/read-time.ts";
import { makeId, toPartnerId } from "../ids.ts";
import { appendEvents } from "../store/events.ts";
import { insertPartner, type Partner } from "../store/partners.ts";
import { readCompany, refuseTaxTerms } from "./check-tax-terms.ts";
import { refuseTrialTerms } from "./check-trial-terms.ts";
import { isCurrency } from "./is-currency.ts";
import { toWirePartner } from "./to-wire.ts";

type Schemas = components["schemas"];

/** Takes on a partner, approved at once, with its first key, whose secret is shown this once. */
export async function takeOnPartner(
  world: WriteWorld,
  body: Schemas["PartnerInput"],
  action: string,
): Promise<Schemas["CreatedPartner"] | Refused> {
  const terms: PartnerTerms = {
    type: body.type,
    mspFrom: null,
    timeZone: body.timeZone,
    currency: body.currency,
    billingPeriod: body.billingPeriod,
    trialLimit: body.trialLimit ?? null,
    defaultTrial: body.defaultTrial ?? null,
  };
  if (!isCurrency(terms.currency))
    return refuseField(
      "currency_unknown",
      "/currency",
      `${terms.currency} is no currency of ISO 4217.`,
    );
  if (!isTimeZone(terms.timeZone))
    return refuseField(
      "time_zone_unknown",
      "/timeZone",
      `${terms.timeZone} is no time zone of IANA's; for example Europe/Bratislava.`,
    );
  const refusal = refuseTrialTerms(terms);
  if (refusal !== null) return refusal;
  const reverseCharge = body.reverseCharge ?? false;
  const company =
    body.company === undefined || body.company === null ? null : readCompany(body.company);
  const taxRefusal = await refuseTaxTerms(world.tx, { company, reverseCharge });
  if (taxRefusal !== null) return taxRefusal;
  if (body.clock !== undefined && body.mode !== "sandbox")
    return refuseField(
      "clock_not_allowed",
      "/clock",
      "Only a sandbox has a clock of its own; a live partner follows the system's.",
    );

  const now = body.clock === undefined ? world.at : readInstant(body.clock, "/clock");
  const month = monthOf(dayOf(now, terms.timeZone));
  const partner: Partner = {
    id: toPartnerId(makeId("partner")),
    name: body.name,
    industry: body.industry ?? null,
    status: "approved",
    suspension: null,
    mode: body.mode,
    terms,
    taxRate: body.taxRate ?? "0",
    reverseCharge,
    company,
    metadata: body.metadata ?? {},
    clockAt: now,
    clockTargetAt: null,
    settlementMonth: month,
    settlementDueAt: settlesAt(month, terms.timeZone),
    expectsReceipts: false,
    createdAt: now,
  };
  const wire = toWirePartner(partner, world.services.now());
  await insertPartner(world.tx, partner);
  await appendEvents(world.tx, partner.id, [
    {
      type: "partner.approved",
      subscription: null,
      sequence: null,
      occurredAt: now,
      data: { ...wire, previous: null },
    },
  ]);
  await recordOperatorChange(world, action, partner.id, null, wire);
  const { key, secret } = await issueKey(
    world,
    {
      kind: "partner",
      partner: partner.id,
      name: `${body.name}, first key`.slice(-200),
      scopes: allScopes,
    },
    action,
  );
  return { ...wire, apiKey: { id: key.id, secret } };
}
