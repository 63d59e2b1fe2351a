import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  computeAmount,
  computeTax,
  formatAmount,
  formatCutOff,
  formatExact,
  formatPercent,
  formatPrice,
  minorDigits,
  noDiscount,
  parseAmount,
  parsePercent,
  parsePrice,
  roundHalfUp,
  toAmount,
  toPercent,
  toUnitPrice,
  type Factors,
} from "./money.ts";

const charge = (unitPrice: string, factors: Partial<Factors> = {}): Factors => ({
  unitPrice: parsePrice(unitPrice) ?? toUnitPrice(-1n),
  quantity: 1,
  days: null,
  discountPercent: noDiscount,
  ...factors,
});

describe("R19 prices are decimal strings with up to 6 places", () => {
  test.each([
    ["2.00", "2.00"],
    ["2", "2.00"],
    ["0.5", "0.50"],
    ["1.234567", "1.234567"],
    ["1.230000", "1.23"],
    ["0", "0.00"],
  ])("%s is written %s", (text, written) => {
    expect(formatPrice(parsePrice(text) ?? toUnitPrice(-1n), "EUR")).toBe(written);
  });

  test.each(["", "-1", "1.2345678", "1,5", "1e3", ".5", "5.", " 1", "١", "9".repeat(16)])(
    "%j is no price",
    (text) => {
      expect(parsePrice(text)).toBeNull();
    },
  );

  test("a price has at least the digits of its currency", () => {
    expect(formatPrice(toUnitPrice(2_000_000n), "JPY")).toBe("2");
    expect(formatPrice(toUnitPrice(2_500_000n), "JPY")).toBe("2.5");
    expect(formatPrice(toUnitPrice(2_000_000n), "KWD")).toBe("2.000");
  });
});

describe("percentages", () => {
  test("lie between 0 and 100, and are written with no more digits than they have", () => {
    expect(parsePercent("12.5")).toBe(12_500_000n);
    expect(formatPercent(toPercent(12_500_000n))).toBe("12.5");
    expect(formatPercent(toPercent(5_000_000n))).toBe("5");
    expect(formatPercent(noDiscount)).toBe("0");
    expect(parsePercent("100")).toBe(100_000_000n);
    expect(parsePercent("100.000001")).toBeNull();
    expect(parsePercent("-1")).toBeNull();
  });
});

describe("R21 rounding", () => {
  test("a half goes up, exactly at the half", () => {
    expect(roundHalfUp(1n, 2n)).toBe(1n);
    expect(roundHalfUp(499_999n, 1_000_000n)).toBe(0n);
    expect(roundHalfUp(-1n, 2n)).toBe(0n);
    expect(roundHalfUp(-3n, 2n)).toBe(-1n);
    expect(roundHalfUp(-2n, 3n)).toBe(-1n);
  });

  test("to the minor unit of the currency", () => {
    expect(computeAmount(charge("0.125"), "EUR")).toBe(13n);
    expect(computeAmount(charge("0.124999"), "EUR")).toBe(12n);
    expect(computeAmount(charge("0.5"), "JPY")).toBe(1n);
    expect(computeAmount(charge("0.499999"), "JPY")).toBe(0n);
    expect(computeAmount(charge("0.0005"), "KWD")).toBe(1n);
    expect(computeAmount(charge("0.00005"), "UYW")).toBe(1n);
  });

  test("once, not at each factor", () => {
    // 0.333333 × 3 × 10/31 × 88 % = 0.283870…; rounded in between it would be 0.29.
    const factors = charge("0.333333", {
      quantity: 3,
      days: { charged: 10, of: 31 },
      discountPercent: toPercent(12_000_000n),
    });
    expect(computeAmount(factors, "EUR")).toBe(28n);
    // 2.00 × 31/62 … exact halves stay exact: 1.55 × 1/31 = 0.05; 0.01 × 15/30 = 0.005 goes up.
    expect(computeAmount(charge("1.55", { days: { charged: 1, of: 31 } }), "EUR")).toBe(5n);
    expect(computeAmount(charge("0.01", { days: { charged: 15, of: 30 } }), "EUR")).toBe(1n);
    expect(computeAmount(charge("0.01", { days: { charged: 14, of: 30 } }), "EUR")).toBe(0n);
  });

  test("is the nearest minor unit to the exact rational", () => {
    const millionths = fc.bigInt({ min: 0n, max: 10n ** 12n });
    const discount = fc.bigInt({ min: 0n, max: 100_000_000n });
    const currency = fc.constantFrom("EUR", "JPY", "KWD", "CLF");
    fc.assert(
      fc.property(
        millionths,
        fc.integer({ min: 1, max: 1e6 }),
        fc.integer({ min: 1, max: 31 }),
        discount,
        currency,
        (unitPrice, quantity, charged, percent, code) => {
          const factors = {
            unitPrice: toUnitPrice(unitPrice),
            quantity,
            days: { charged, of: 31 },
            discountPercent: toPercent(percent),
          };
          const amount = computeAmount(factors, code);
          // Everything times 31 × 10⁸ × 10⁶, so that nothing is divided.
          const unit = 31n * 10n ** 14n;
          const exact =
            unitPrice *
            BigInt(quantity * charged) *
            (100_000_000n - percent) *
            10n ** BigInt(minorDigits(code));
          expect(
            2n * exact - 2n * amount * unit >= -unit && 2n * exact - 2n * amount * unit < unit,
          ).toBe(true);
        },
      ),
    );
  });

  test("tax is rounded likewise", () => {
    expect(computeTax(toAmount(5_000n), toPercent(20_000_000n))).toBe(1_000n);
    expect(computeTax(toAmount(250n), toPercent(19_000_000n))).toBe(48n);
    expect(computeTax(toAmount(247n), toPercent(19_000_000n))).toBe(47n);
  });
});

describe("amounts have exactly the digits of their currency", () => {
  test.each([
    ["EUR", 5_000n, "50.00"],
    ["EUR", 5n, "0.05"],
    ["EUR", -5n, "-0.05"],
    ["JPY", 50n, "50"],
    ["KWD", 1n, "0.001"],
    ["CLF", 12_345n, "1.2345"],
  ] as const)("%s %s", (currency, amount, text) => {
    expect(formatAmount(toAmount(amount), currency)).toBe(text);
    expect(parseAmount(text, currency)).toBe(amount);
  });

  test("what a price times a quantity can come to is read as it was written", () => {
    expect(parseAmount("9999999999999990.000", "KWD")).toBe(9_999_999_999_999_990_000n);
    expect(parseAmount("999999999999999999.99", "EUR")).toBe(99_999_999_999_999_999_999n);
    expect(parseAmount("1000000000000000000", "EUR")).toBeNull();
    expect(parsePrice("1000000000000000")).toBeNull();
  });

  test("more digits are no amount", () => {
    expect(parseAmount("1.5", "JPY")).toBeNull();
    expect(parseAmount("1.005", "EUR")).toBeNull();
  });
});

describe("R21 a figure before it is rounded", () => {
  test.each([
    ["2.00", 10, null, "0", "20", null],
    ["0.125", 3, null, "0", "0.375", null],
    ["2.00", 25, { charged: 24, of: 31 }, "0", "1200/31", "38.709677"],
    ["2.00", 25, { charged: 15, of: 30 }, "0", "25", null],
    ["0.000001", 1, { charged: 1, of: 28 }, "99.999999", "1/2800000000000000", "0.000000"],
    ["0.000001", 1, null, "99.999999", "0.00000000000001", "0.000000"],
    ["2.00", 60, null, "12", "105.6", null],
    ["0", 60, { charged: 1, of: 31 }, "12", "0", null],
  ] as const)("%s × %i, %o, less %s %%", (price, quantity, days, discount, exact, cutOff) => {
    const discountPercent = parsePercent(discount) ?? toPercent(-1n);
    const factors = charge(price, { quantity, days, discountPercent });
    expect(formatExact(factors)).toBe(exact);
    expect(formatCutOff(factors, 6)).toBe(cutOff);
  });
});
