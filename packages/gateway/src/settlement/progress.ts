import {
  addAmounts,
  noAmount,
  startTally,
  toAmount,
  toCustomerId,
  toProductId,
  toSubscriptionId,
  type Amount,
  type BillLine,
  type CustomerId,
  type UnitTally,
} from "@evergate/core";
import type { ChargePlace, StoredCharge } from "../store/charges.ts";

/** What a settlement has to remember between two chunks. It is as large as the catalogue, however many the charges are. */
export interface Progress {
  /** The last charge that the phase has seen. */
  readonly after: ChargePlace | null;
  readonly tally: UnitTally;
  readonly net: Amount;
  readonly lineCount: number;
  readonly customerCount: number;
  /** The customer amid whose charges the last chunk ended. */
  readonly section: Section | null;
}

/** A customer's part of the bill, as far as it has been summed up. */
export interface Section {
  readonly customer: CustomerId;
  readonly net: Amount;
  readonly lineCount: number;
}

export const noProgress = (): Progress => ({
  after: null,
  tally: startTally(),
  net: noAmount,
  lineCount: 0,
  customerCount: 0,
  section: null,
});

/** Adds a line, whose customer is that of the line before or a new one. A section that is complete by that goes to `finished`. */
export function addToSections(
  section: Section | null,
  { charge: { customer }, amount }: BillLine,
  finished: Section[],
): Section {
  if (section === null || section.customer !== customer) {
    if (section !== null) finished.push(section);
    return { customer, net: amount, lineCount: 1 };
  }
  return { customer, net: addAmounts(section.net, amount), lineCount: section.lineCount + 1 };
}

export function placeOf(charge: StoredCharge): ChargePlace {
  return {
    customer: charge.customer,
    subscription: charge.subscription,
    startsOn: charge.period.startsOn,
  };
}

interface KeptProgress {
  readonly after: ChargePlace | null;
  readonly units: readonly (readonly [product: string, units: number])[];
  readonly subscription: string | null;
  readonly largest: readonly (readonly [product: string, quantity: number])[];
  readonly net: string;
  readonly lineCount: number;
  readonly customerCount: number;
  readonly section: {
    readonly customer: string;
    readonly net: string;
    readonly lineCount: number;
  } | null;
}

export function formatProgress({ tally, section, ...progress }: Progress): string {
  const kept: KeptProgress = {
    after: progress.after,
    units: [...tally.units],
    subscription: tally.subscription,
    largest: [...tally.largest],
    net: progress.net.toString(),
    lineCount: progress.lineCount,
    customerCount: progress.customerCount,
    section: section === null ? null : { ...section, net: section.net.toString() },
  };
  return JSON.stringify(kept);
}

export function parseProgress(text: string): Progress {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- written by formatProgress
  const kept = JSON.parse(text) as KeptProgress;
  const byProduct = (entries: KeptProgress["units"]) =>
    new Map(entries.map(([product, count]) => [toProductId(product), count]));
  return {
    after: kept.after,
    tally: {
      units: byProduct(kept.units),
      subscription: kept.subscription === null ? null : toSubscriptionId(kept.subscription),
      largest: byProduct(kept.largest),
    },
    net: toAmount(BigInt(kept.net)),
    lineCount: kept.lineCount,
    customerCount: kept.customerCount,
    section:
      kept.section === null
        ? null
        : {
            customer: toCustomerId(kept.section.customer),
            net: toAmount(BigInt(kept.section.net)),
            lineCount: kept.section.lineCount,
          },
  };
}
