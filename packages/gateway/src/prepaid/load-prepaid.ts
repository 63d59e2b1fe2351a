import {
  dayOf,
  prepaidHeldUntil,
  type Context,
  type CustomerId,
  type ProductId,
} from "@evergate/core";
import type { PartnerReadWorld } from "../app/world.ts";
import { listOpenSpans } from "../store/prepaid-licences.ts";

/** What the core may look up of a customer's prepaid licences for a product (R14). One look into an index. */
export async function loadPrepaid(
  { db, partner, at }: Pick<PartnerReadWorld, "db" | "partner" | "at">,
  customer: CustomerId,
  product: ProductId,
): Promise<NonNullable<Context["prepaid"]>> {
  const { timeZone } = partner.terms;
  const spans = await listOpenSpans(db, partner.id, customer, product, dayOf(at, timeZone));
  return (asked, from) => (asked === product ? prepaidHeldUntil(spans, from, timeZone) : null);
}
