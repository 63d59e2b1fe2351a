import { refuse, type Refused } from "./decision.ts";
import {
  addAmounts,
  computeTax,
  noAmount,
  parseAmount,
  subtractAmounts,
  type Amount,
  type Percent,
} from "./money.ts";

/** A bill, and how much of its net the credit notes so far have taken back. */
export type CreditableBill = {
  readonly currency: string;
  readonly net: Amount;
  readonly taxRate: Percent;
  readonly credited: Amount;
};

/** A charge on a bill, and how much of it the credit notes so far have taken back. */
export type CreditableCharge = { readonly amount: Amount; readonly credited: Amount };

/** What is to be taken back of a charge, such as `12.50`; null: all that is left of it. */
export type CreditOrderLine = { readonly charge: string; readonly amount: string | null };

export type CreditLine = {
  readonly charge: string;
  readonly amount: Amount;
  /** Whether nothing is left of the charge after it. */
  readonly isLast: boolean;
};

/** The figures of a credit note. They say how much is taken back, and so are not negative. */
export type CreditTotals = { readonly net: Amount; readonly tax: Amount; readonly total: Amount };

export type CreditRefusal =
  | { readonly code: "charge_named_twice"; readonly charge: string }
  | { readonly code: "charge_unknown"; readonly charge: string }
  | { readonly code: "nothing_left_to_credit"; readonly charge: string | null }
  | { readonly code: "credit_amount_invalid"; readonly charge: string; readonly amount: string }
  | { readonly code: "credit_exceeds_charge"; readonly charge: string; readonly left: Amount };

export type CreditDecision =
  | ({
      readonly accepted: true;
      readonly lines: readonly CreditLine[];
    } & CreditTotals)
  | Refused<CreditRefusal>;

/**
 * Takes back some charges of a bill, or parts of them (R30). `find` knows the bill's charges.
 * Refuses, for the first line that gives a reason, with `charge_named_twice`, `charge_unknown`,
 * `nothing_left_to_credit`, `credit_amount_invalid`, `credit_exceeds_charge`, in this order for one line.
 */
export function creditLines(
  bill: CreditableBill,
  order: readonly CreditOrderLine[],
  find: (charge: string) => CreditableCharge | undefined,
): CreditDecision {
  const lines: CreditLine[] = [];
  const named = new Set<string>();
  let net = noAmount;
  for (const { charge, amount: ordered } of order) {
    if (named.has(charge)) return refuse({ code: "charge_named_twice", charge });
    named.add(charge);
    const found = find(charge);
    if (found === undefined) return refuse({ code: "charge_unknown", charge });
    const left = subtractAmounts(found.amount, found.credited);
    if (left <= 0n) return refuse({ code: "nothing_left_to_credit", charge });
    const amount = ordered === null ? left : parseAmount(ordered, bill.currency);
    if (amount === null || amount <= 0n)
      return refuse({ code: "credit_amount_invalid", charge, amount: ordered ?? "" });
    if (amount > left) return refuse({ code: "credit_exceeds_charge", charge, left });
    lines.push({ charge, amount, isLast: amount === left });
    net = addAmounts(net, amount);
  }
  return { accepted: true, lines, ...computeCredit(bill, net) };
}

/** Takes back all that is left of a bill (R30). Refuses with `nothing_left_to_credit`. */
export function creditWhole(
  bill: CreditableBill,
): ({ readonly accepted: true } & CreditTotals) | Refused<CreditRefusal> {
  const left = subtractAmounts(bill.net, bill.credited);
  return left <= 0n
    ? refuse({ code: "nothing_left_to_credit", charge: null })
    : { accepted: true, ...computeCredit(bill, left) };
}

/**
 * The tax is that on all that has been taken back by now, less that on what had been before: however a bill is
 * taken back in parts, their taxes add up to its own to the last cent, though each is rounded.
 * Throws where more than the bill would be taken back, which its charges keep from happening.
 */
function computeCredit(
  { net: billed, taxRate, credited }: CreditableBill,
  net: Amount,
): CreditTotals {
  const creditedNow = addAmounts(credited, net);
  if (creditedNow > billed)
    throw new Error(`${creditedNow} would be credited of a bill of ${billed}.`);
  const tax = subtractAmounts(computeTax(creditedNow, taxRate), computeTax(credited, taxRate));
  return { net, tax, total: addAmounts(net, tax) };
}
