import {
  formatAmount,
  minorDigits,
  type CreditOrderLine,
  type CreditRefusal,
} from "@evergate/core";
import { refuse, refuseField, type Refused } from "../app/problem.ts";
import type { Bill } from "../store/bills.ts";

/** The core's refusal of a credit note as a problem: what is wrong, and what would be right. */
export function refuseCredit(
  refusal: CreditRefusal,
  { number, currency }: Pick<Bill, "number" | "currency">,
  order: readonly CreditOrderLine[],
): Refused {
  const { code } = refusal;
  // The second, where it is named twice.
  const line = `/lines/${order.findLastIndex(({ charge }) => charge === refusal.charge)}`;
  switch (code) {
    case "charge_named_twice":
      return refuseField(
        code,
        line,
        `The charge ${refusal.charge} is named twice; say in one line how much of it is to be credited.`,
      );
    case "charge_unknown":
      return refuseField(code, line, `The bill ${number} has no charge ${refusal.charge}.`);
    case "nothing_left_to_credit":
      return refuse(
        code,
        refusal.charge === null
          ? `All of the bill ${number} is credited already, or it came to nothing.`
          : `All of the charge ${refusal.charge} is credited already, or it came to nothing.`,
      );
    case "credit_amount_invalid":
      return refuseField(
        code,
        line,
        `${refusal.amount} of ${refusal.charge} can't be credited: an amount in ${currency} has to be above 0, with at most ${minorDigits(currency)} decimal places.`,
      );
    case "credit_exceeds_charge":
      return refuseField(
        code,
        line,
        `${formatAmount(refusal.left, currency)} ${currency} are left of the charge ${refusal.charge}; no more than that can be credited.`,
      );
    default:
      return refusal satisfies never;
  }
}
