import { expect, test } from "vitest";
import { priceOn } from "./catalogue.ts";
import { buildPrice, day, productA } from "./testing/builders.ts";

const old = buildPrice(productA, "2.00", "2026-01-01");
const recent = buildPrice(productA, "3.00", "2026-12-01");

test("R19 a price holds from its day until the next one's", () => {
  for (const prices of [
    [old, recent],
    [recent, old],
  ]) {
    expect(priceOn(prices, day("2025-12-31"))).toBeUndefined();
    expect(priceOn(prices, day("2026-01-01"))).toBe(old);
    expect(priceOn(prices, day("2026-11-30"))).toBe(old);
    expect(priceOn(prices, day("2026-12-01"))).toBe(recent);
  }
});
