import type { LocalDate, PartnerType } from "@evergate/core";
import { refuse, type Refused } from "../app/problem.ts";
import { findUnpricedProductInUse } from "../store/catalogue.ts";
import type { Partner } from "../store/partners.ts";
import type { Transaction } from "../store/store.ts";

/**
 * Refuses a change of channel while a product that the partner's subscriptions have, or are to have, has no price there
 * on the day of the change: what renews by itself must never be without one (R10, R19).
 */
export async function refuseUnpriced(
  tx: Transaction,
  { id, terms: { currency } }: Partner,
  channel: PartnerType,
  day: LocalDate,
): Promise<Refused | null> {
  const unpriced = await findUnpricedProductInUse(tx, id, channel, currency, day);
  return unpriced === undefined
    ? null
    : refuse(
        "product_not_priced",
        `${unpriced.code} is in use and has no price for ${channel} in ${currency} in force on ${day}. Make one first.`,
      );
}
