import { expect } from "vitest";
import type { components } from "../generated/api.ts";
import type { RequestParts } from "./requests.ts";

type Problem = components["schemas"]["Problem"];

/** The codes of rules and of the present state that are always about one field of the request. */
const aboutOneField: ReadonlySet<Problem["code"]> = new Set([
  "cancellation_date_in_past",
  "cancellation_date_not_allowed",
  "charge_named_twice",
  "charge_unknown",
  "clock_goes_back",
  "clock_not_allowed",
  "clock_too_far",
  "credit_amount_invalid",
  "credit_exceeds_charge",
  "currency_unknown",
  "customer_unknown",
  "month_before_partner",
  "month_not_over",
  "open_ended_pause_not_allowed",
  "partner_unknown",
  "pause_starts_in_past",
  "prepaid_ends_before_start",
  "prepaid_ends_in_past",
  "price_starts_in_past",
  "product_unknown",
  "received_range_reversed",
  "replay_ends_before_start",
  "starts_in_past",
  "term_not_prolonged",
  "tiers_not_allowed",
  "tiers_not_ascending",
  "time_not_reached",
  "time_zone_fixed",
  "time_zone_unknown",
  "trial_not_offered",
  "vat_id_malformed",
  "webhook_endpoint_unknown",
  "webhook_header_not_allowed",
  "webhook_url_not_allowed",
]);

/** A program is told by its pointer which field is to blame, and finds it in what it has sent. */
export function checkRefusedField({ query, body }: RequestParts, { code, errors }: Problem): void {
  if (aboutOneField.has(code)) expect(errors).toHaveLength(1);
  for (const { pointer } of errors ?? []) {
    // The rows of a CSV file are no members of its text.
    if (pointer.startsWith("/rows/")) continue;
    const names = pointer.slice(1).split("/");
    const sent = names[0] === "query" ? { query } : body;
    expect([pointer, names.reduce<unknown>(readMember, sent)]).not.toEqual([pointer, undefined]);
  }
}

function readMember(value: unknown, name: string): unknown {
  return typeof value === "object" && value !== null ? Reflect.get(value, name) : undefined;
}
