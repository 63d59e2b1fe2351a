import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  creditLines,
  creditWhole,
  type CreditableBill,
  type CreditableCharge,
} from "./credit-note.ts";
import {
  addAmounts,
  computeTax,
  formatAmount,
  noAmount,
  parsePercent,
  toAmount,
  toPercent,
  type Amount,
} from "./money.ts";

const percent = (text: string) => parsePercent(text) ?? toPercent(0n);
const amount = (minor: number): Amount => toAmount(BigInt(minor));

const bill = (net: number, credited = 0, taxRate = "20"): CreditableBill => ({
  currency: "EUR",
  net: amount(net),
  taxRate: percent(taxRate),
  credited: amount(credited),
});
const charges: Readonly<Record<string, CreditableCharge>> = {
  one: { amount: amount(1_000), credited: amount(0) },
  two: { amount: amount(500), credited: amount(200) },
  done: { amount: amount(300), credited: amount(300) },
  free: { amount: amount(0), credited: amount(0) },
};
const find = (charge: string) => charges[charge];

describe("R30 crediting charges", () => {
  test("takes back what is left of a charge, or the part that is said", () => {
    expect(
      creditLines(
        bill(1_800, 500),
        [
          { charge: "two", amount: null },
          { charge: "one", amount: "9.99" },
        ],
        find,
      ),
    ).toEqual({
      accepted: true,
      lines: [
        { charge: "two", amount: 300n, isLast: true },
        { charge: "one", amount: 999n, isLast: false },
      ],
      net: 1_299n,
      // 20 % of 17.99 is 3.598, of 5.00 it is 1.00.
      tax: 260n,
      total: 1_559n,
    });
  });

  test.each([
    { order: { charge: "done", amount: null }, code: "nothing_left_to_credit" },
    { order: { charge: "done", amount: "0.01" }, code: "nothing_left_to_credit" },
    { order: { charge: "free", amount: null }, code: "nothing_left_to_credit" },
    { order: { charge: "other", amount: null }, code: "charge_unknown" },
    { order: { charge: "one", amount: "0" }, code: "credit_amount_invalid" },
    { order: { charge: "one", amount: "-0.01" }, code: "credit_amount_invalid" },
    { order: { charge: "one", amount: "0.001" }, code: "credit_amount_invalid" },
    { order: { charge: "two", amount: "3.01" }, code: "credit_exceeds_charge" },
  ])("refuses $order.charge with $code", ({ order, code }) => {
    const first = { charge: order.charge === "one" ? "two" : "one", amount: "0.01" };
    expect(creditLines(bill(1_800, 500), [first, order], find)).toMatchObject({
      accepted: false,
      refusal: { code, charge: order.charge },
    });
  });

  test("refuses a charge that is named twice, whatever else is wrong with it", () => {
    const order = [
      { charge: "one", amount: "0.01" },
      { charge: "one", amount: "50.00" },
    ];
    expect(creditLines(bill(1_800, 500), order, find)).toEqual({
      accepted: false,
      refusal: { code: "charge_named_twice", charge: "one" },
    });
  });

  test("says how much is left", () => {
    expect(creditLines(bill(1_800, 500), [{ charge: "two", amount: "4" }], find)).toMatchObject({
      refusal: { left: 300n },
    });
  });

  test("fails loudly where the charges and the bill don't agree", () => {
    expect(() => creditLines(bill(900), [{ charge: "one", amount: null }], find)).toThrow(
      "1000 would be credited of a bill of 900",
    );
  });
});

describe("R30 crediting a whole bill", () => {
  test("takes back what is left of it", () => {
    expect(creditWhole(bill(1_800, 500))).toEqual({
      accepted: true,
      net: 1_300n,
      tax: 260n,
      total: 1_560n,
    });
  });

  test("refuses where nothing is left, or nothing was charged", () => {
    for (const of of [bill(1_800, 1_800), bill(0)])
      expect(creditWhole(of)).toEqual({
        accepted: false,
        refusal: { code: "nothing_left_to_credit", charge: null },
      });
  });
});

/** Bills of up to 12 charges, at any rate, and orders of any amounts, many of them too large. */
const cases = fc.record({
  amounts: fc.array(fc.bigInt({ min: 0n, max: 10n ** 12n }), { minLength: 1, maxLength: 12 }),
  taxRate: fc.bigInt({ min: 0n, max: 100_000_000n }),
  orders: fc.array(
    fc.array(
      fc.record({
        index: fc.nat({ max: 12 }),
        amount: fc.option(fc.bigInt({ min: -1n, max: 10n ** 12n })),
        share: fc.integer({ min: 1, max: 100 }),
      }),
      { minLength: 1, maxLength: 4 },
    ),
    { maxLength: 12 },
  ),
});

test("R30 however a bill is taken back in parts, they add up to it, its tax to the cent, and never to more", () => {
  fc.assert(
    fc.property(cases, ({ amounts, taxRate, orders }) => {
      const net = amounts.reduce<Amount>((sum, one) => addAmounts(sum, toAmount(one)), noAmount);
      const rate = toPercent(taxRate);
      const billed = computeTax(net, rate);
      const credited = amounts.map(() => noAmount);
      const sums = { net: noAmount, tax: noAmount, total: noAmount };
      const add = (note: { net: Amount; tax: Amount; total: Amount }): void => {
        expect(note.tax >= 0n).toBe(true);
        sums.net = addAmounts(sums.net, note.net);
        sums.tax = addAmounts(sums.tax, note.tax);
        sums.total = addAmounts(sums.total, note.total);
      };
      const state = (): CreditableBill => ({
        currency: "EUR",
        net,
        taxRate: rate,
        credited: sums.net,
      });
      for (const order of orders) {
        const decision = creditLines(
          state(),
          order.map(({ index, amount: ordered, share }) => {
            // Half of the amounts are a share of what is charged, so that many orders are accepted.
            const charged = amounts[index] ?? 0n;
            return {
              charge: String(index),
              amount:
                ordered === null || ordered % 2n === 0n
                  ? ordered === null
                    ? null
                    : formatAmount(toAmount((charged * BigInt(share)) / 300n), "EUR")
                  : formatAmount(toAmount(ordered), "EUR"),
            };
          }),
          (charge) => {
            const charged = amounts[Number(charge)];
            return charged === undefined
              ? undefined
              : { amount: toAmount(charged), credited: credited[Number(charge)] ?? noAmount };
          },
        );
        if (!decision.accepted) continue;
        add(decision);
        for (const line of decision.lines) {
          const index = Number(line.charge);
          const now = addAmounts(credited[index] ?? noAmount, line.amount);
          credited[index] = now;
          expect(now <= (amounts[index] ?? 0n)).toBe(true);
          expect(line.isLast).toBe(now === amounts[index]);
        }
        expect(sums.net <= net && sums.tax <= billed).toBe(true);
        // What has been taken back so far bears exactly the tax that a bill of so much would have.
        expect(sums.tax).toBe(computeTax(sums.net, rate));
      }
      const rest = creditWhole(state());
      expect(rest.accepted).toBe(sums.net < net);
      if (rest.accepted) add(rest);
      expect(sums).toEqual({ net, tax: billed, total: addAmounts(net, billed) });
    }),
    { numRuns: Number(process.env["EVERGATE_FUZZ_RUNS"] ?? 500), seed: 30 },
  );
});
