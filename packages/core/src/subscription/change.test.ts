import { describe, expect, test } from "vitest";
import { toProductId } from "../ids.ts";
import {
  buildContext,
  buildPrice,
  buildProduct,
  day,
  local,
  productA,
  productB,
} from "../testing/builders.ts";
import {
  change,
  changeNext,
  create,
  pause,
  reactivate,
  reactivateWith,
  resume,
  stopNow,
  withdrawChange,
} from "../testing/orders.ts";
import { openPartner, readBills, type Partner } from "../testing/partner.ts";
import type { PartnerTerms } from "../terms.ts";
import { changeSubscription } from "./change.ts";

const productC = toProductId("prod_c");

/** 10 units of A from 24 Nov 2026; A costs 2.00, B 3.00 and takes 5 to 50, C 4.00 from 15 Dec on. */
function open(terms: Partial<PartnerTerms> = {}): Partner {
  const products = [
    buildProduct(productA),
    buildProduct(productB, { minQuantity: 5, maxQuantity: 50 }),
    buildProduct(productC),
  ];
  const prices = [
    buildPrice(productA, "2.00"),
    buildPrice(productB, "3.00"),
    buildPrice(productC, "4.00", "2026-12-15"),
  ];
  const partner = openPartner(buildContext(terms, { products, prices }), local("2026-11-01"));
  partner.order("one", create("one"), local("2026-11-24"));
  return partner;
}

function billed(partner: Partner, until: string): readonly string[] {
  partner.advanceTo(local(until));
  return readBills(partner).map((line) => line.split(" ").slice(2).join(" "));
}

const types = (partner: Partner): readonly string[] =>
  partner.facts("one").map(({ type }) => type.replace("subscription.", ""));

describe("R17 a period is charged at its maximum", () => {
  test("the dearest by price × quantity, not the most units", () => {
    const partner = open();
    partner.order("one", change({ product: productB, quantity: 7 }), local("2026-12-05"));
    expect(billed(partner, "2027-01-01")).toEqual(["7 × 3.00 = 21.00"]);
  });

  test("of equals, the latest", () => {
    const partner = open();
    partner.order("one", change({ quantity: 15 }), local("2026-12-05"));
    partner.order("one", change({ product: productB, quantity: 10 }), local("2026-12-06"));
    expect(billed(partner, "2027-01-01")).toEqual(["10 × 3.00 = 30.00"]);

    const back = open();
    back.order("one", change({ product: productB, quantity: 10 }), local("2026-12-05"));
    back.order("one", change({ product: productA, quantity: 15 }), local("2026-12-06"));
    expect(billed(back, "2027-01-01")).toEqual(["15 × 2.00 = 30.00"]);
  });

  test("product and quantity changed at once count as the pair that they make", () => {
    const partner = open();
    // 10 × 3.00 or 5 × 2.00 were never in service.
    partner.order("one", change({ product: productB, quantity: 5 }), local("2026-12-05"));
    expect(billed(partner, "2027-01-01")).toEqual(["10 × 2.00 = 20.00"]);
  });

  test("however briefly", () => {
    const partner = open();
    partner.order("one", change({ quantity: 40 }), local("2026-12-05 10:00"));
    partner.order("one", change({ quantity: 10 }), local("2026-12-05 10:00"));
    expect(billed(partner, "2027-01-01")).toEqual(["40 × 2.00 = 80.00"]);
  });

  test("a change while paused does not count until in service", () => {
    const partner = open();
    partner.order("one", pause({ days: 90 }), local("2026-12-05"));
    partner.order("one", change({ quantity: 40 }), local("2026-12-06"));
    partner.order("one", change({ quantity: 12 }), local("2026-12-07"));
    partner.order("one", resume, local("2026-12-08"));
    expect(billed(partner, "2027-01-01")).toEqual(["12 × 2.00 = 24.00"]);
  });

  test("changed while paused, resumed after the period: it counts for the later one only", () => {
    const partner = open();
    partner.order("one", pause(local("2027-01-10")), local("2026-12-05"));
    partner.order("one", change({ quantity: 40 }), local("2026-12-06"));
    expect(billed(partner, "2027-02-01")).toEqual(["10 × 2.00 = 20.00", "40 × 2.00 = 80.00"]);
  });

  test("reactivated with more in the same period", () => {
    const partner = open();
    partner.order("one", stopNow, local("2026-12-05"));
    partner.order("one", reactivateWith({ quantity: 30 }), local("2026-12-20"));
    expect(billed(partner, "2027-01-01")).toEqual(["30 × 2.00 = 60.00"]);
  });

  test("the configuration carried into a period is one of them, and the running maximum shows", () => {
    const partner = open();
    partner.order("one", change({ quantity: 2 }), local("2026-12-05"));
    expect(partner.get("one").period?.dearest).toMatchObject({ quantity: 10, product: productA });
    expect(billed(partner, "2027-02-01")).toEqual(["10 × 2.00 = 20.00", "2 × 2.00 = 4.00"]);
  });
});

describe("R19 the price is that of the day on which the paid part of the period begins", () => {
  const openWith = (newPriceFrom: string, terms: Partial<PartnerTerms> = {}): Partner => {
    const prices = [buildPrice(productA, "2.00"), buildPrice(productA, "5.00", newPriceFrom)];
    return openPartner(buildContext(terms, { prices }), local("2026-11-01"));
  };

  test("a price from the 2nd on does not touch a period that began on the 1st, not even for units added later", () => {
    const partner = openWith("2026-12-02");
    partner.order("one", create("one"), local("2026-11-24"));
    partner.order("one", change({ quantity: 20 }), local("2026-12-10"));
    expect(billed(partner, "2027-02-01")).toEqual(["20 × 2.00 = 40.00", "20 × 5.00 = 100.00"]);
  });

  test("a price from the 1st on counts for it", () => {
    const partner = openWith("2026-12-01");
    partner.order("one", create("one"), local("2026-11-24"));
    expect(billed(partner, "2027-01-01")).toEqual(["10 × 5.00 = 50.00"]);
  });

  test.each([
    ["2026-12-08", "5.00"],
    ["2026-12-09", "2.00"],
  ])("after a trial until the 8th, with a new price from %s", (from, price) => {
    const partner = openWith(from, { type: "xsp" });
    partner.order("one", create("one", { trial: { days: 14 } }), local("2026-11-24"));
    expect(billed(partner, "2027-01-01")[0]).toContain(`10 × ${price}`);
  });

  test.each([
    ["2027-01-10", "5.00"],
    ["2027-01-11", "2.00"],
  ])("resumed on 10 Jan, with a new price from %s", (from, price) => {
    const partner = openWith(from);
    partner.order("one", create("one"), local("2026-11-24"));
    partner.order("one", pause(local("2027-01-10 12:00")), local("2026-12-20"));
    expect(billed(partner, "2027-02-01")[1]).toBe(
      `10 × ${price} = ${price === "5.00" ? "50.00" : "20.00"}`,
    );
  });

  test("a product without a price on that day can't join the period", () => {
    const partner = open();
    expect(partner.order("one", change({ product: productC }), local("2026-12-20"))).toBe(
      "product_not_priced",
    );
    expect(partner.order("one", changeNext({ product: productC }), local("2026-12-20"))).toBeNull();
    expect(billed(partner, "2027-02-01")).toEqual(["10 × 2.00 = 20.00", "10 × 4.00 = 40.00"]);
  });
});

describe("what a change records", () => {
  test("one version and one fact for each of product and quantity, which share before and after", () => {
    const partner = open();
    partner.order("one", change({ product: productB, quantity: 7 }), local("2026-12-05"));
    const [product, quantity] = partner.facts("one").slice(-2);
    expect(product).toMatchObject({
      type: "subscription.product_changed",
      before: { quantity: 10, product: productA },
      after: { quantity: 7, product: productB },
    });
    expect(quantity).toMatchObject({
      type: "subscription.quantity_changed",
      before: { quantity: 10 },
      after: { quantity: 7 },
    });
    expect(quantity?.after.version).toBe((product?.before?.version ?? 0) + 1);
    expect([product?.after.sequence, quantity?.after.sequence]).toEqual([
      product?.sequence,
      (product?.sequence ?? 0) + 1,
    ]);
  });

  test("what is so already is no change", () => {
    const partner = open();
    const before = partner.get("one");
    partner.order(
      "one",
      change({ product: productA, quantity: 10, metadata: {}, term: null }),
      local("2026-11-25"),
    );
    expect(partner.get("one")).toEqual({ ...before, advancedTo: local("2026-11-25") });
    expect(types(partner)).not.toContain("updated");
  });

  test("metadata and term are one update", () => {
    const partner = open();
    partner.order(
      "one",
      change({ metadata: { desk: "7" }, term: { periods: 12, renews: true } }),
      local("2026-11-25"),
    );
    expect(types(partner).at(-1)).toBe("updated");
    expect(partner.get("one")).toMatchObject({
      metadata: { desk: "7" },
      term: { periods: 12, used: 0, renews: true },
    });
  });
});

describe("refusals of a change, in order of precedence", () => {
  test("subscription_stopped, but metadata can be changed", () => {
    const partner = open();
    partner.order("one", stopNow, local("2026-12-05"));
    expect(partner.order("one", change({ quantity: 11 }), local("2026-12-06"))).toBe(
      "subscription_stopped",
    );
    expect(partner.order("one", change({ term: null }), local("2026-12-06"))).toBe(
      "subscription_stopped",
    );
    expect(
      partner.order("one", change({ metadata: { left: "yes" } }), local("2026-12-06")),
    ).toBeNull();
  });

  test("subscription_not_started for quantity and product, while a term may be set", () => {
    const partner = open();
    partner.order("two", create("two", { startsAt: local("2026-12-20") }), local("2026-11-24"));
    expect(partner.order("two", change({ quantity: 11 }), local("2026-12-06"))).toBe(
      "subscription_not_started",
    );
    expect(
      partner.order("two", change({ term: { periods: 3, renews: false } }), local("2026-12-06")),
    ).toBeNull();
  });

  test.each([
    [{ product: toProductId("none"), quantity: 0 }, "product_unknown"],
    [{ product: productC, quantity: 0 }, "product_not_priced"],
    [{ product: productB, quantity: 4 }, "quantity_out_of_range"],
    [{ product: productB, quantity: 51 }, "quantity_out_of_range"],
    [{ quantity: 0 }, "quantity_out_of_range"],
  ] as const)("%j: %s", (order, code) => {
    expect(open().order("one", change(order), local("2026-12-05"))).toBe(code);
  });

  test("R14 prepaid_licence_held for a product that it is changed to, at the instant at which it would begin", () => {
    const endsAt = local("2026-12-20");
    const context = buildContext({}, {}, (product, at) =>
      product === productB && at < endsAt ? endsAt : null,
    );
    const partner = openPartner(context, local("2026-11-01"));
    partner.order("one", create("one"), local("2026-11-24"));
    expect(partner.order("one", change({ product: productB }), local("2026-12-05"))).toBe(
      "prepaid_licence_held",
    );
    expect(partner.order("one", change({ quantity: 11 }), local("2026-12-05"))).toBeNull();
    expect(partner.order("one", changeNext({ product: productB }), local("2026-12-05"))).toBeNull();
    const decision = changeSubscription(
      partner.get("one"),
      { product: productB, effective: "now" },
      context,
      local("2026-12-06"),
    );
    expect(decision.accepted ? null : decision.refusal).toEqual({
      code: "prepaid_licence_held",
      availableFrom: endsAt,
    });
  });
});

describe("R29 scheduled changes", () => {
  test("take effect at the period's end", () => {
    const partner = open();
    partner.order("one", changeNext({ quantity: 4 }), local("2026-12-05"));
    expect(partner.get("one")).toMatchObject({
      quantity: 10,
      scheduledChange: { quantity: 4, product: null, effectiveAt: local("2027-01-01") },
    });
    expect(billed(partner, "2027-02-01")).toEqual(["10 × 2.00 = 20.00", "4 × 2.00 = 8.00"]);
    expect(partner.get("one").scheduledChange).toBeNull();
  });

  test("in the trial at its end", () => {
    const partner = open();
    partner.order("one", changeNext({ quantity: 4 }), local("2026-11-25"));
    expect(partner.get("one").scheduledChange?.effectiveAt).toBe(local("2026-12-01"));
    expect(billed(partner, "2027-01-01")).toEqual(["4 × 2.00 = 8.00"]);
  });

  test("with neither running it is made at once", () => {
    const partner = open();
    partner.order("one", pause({ days: 90 }), local("2026-12-05"));
    partner.order("one", changeNext({ quantity: 4 }), local("2027-01-05"));
    expect(partner.get("one")).toMatchObject({ quantity: 4, scheduledChange: null });
    expect(types(partner).at(-1)).toBe("quantity_changed");
  });

  test("also take effect in a pause", () => {
    const partner = open();
    partner.order("one", changeNext({ quantity: 4 }), local("2026-12-05"));
    partner.order("one", pause({ days: 90 }), local("2026-12-06"));
    partner.advanceTo(local("2027-01-01"));
    expect(partner.get("one")).toMatchObject({
      status: "paused",
      quantity: 4,
      scheduledChange: null,
    });
  });

  test("ordering one again replaces it on record, the other slot stands", () => {
    const partner = open();
    partner.order("one", changeNext({ quantity: 6 }), local("2026-12-05"));
    partner.order("one", changeNext({ product: productB }), local("2026-12-06"));
    partner.order("one", changeNext({ quantity: 5 }), local("2026-12-07"));
    expect(partner.get("one").scheduledChange).toMatchObject({ quantity: 5, product: productB });
    expect(types(partner).filter((type) => type === "change_scheduled")).toHaveLength(3);
    partner.order("one", changeNext({ quantity: 5 }), local("2026-12-08"));
    expect(types(partner).filter((type) => type === "change_scheduled")).toHaveLength(3);
    expect(billed(partner, "2027-02-01")).toEqual(["10 × 2.00 = 20.00", "5 × 3.00 = 15.00"]);
  });

  test("an immediate change leaves it standing", () => {
    const partner = open();
    partner.order("one", changeNext({ quantity: 10 }), local("2026-12-05"));
    partner.order("one", change({ quantity: 25 }), local("2026-12-06"));
    expect(billed(partner, "2027-02-01")).toEqual(["25 × 2.00 = 50.00", "10 × 2.00 = 20.00"]);
  });

  test("what an immediate change made already is announced once", () => {
    const partner = open();
    partner.order("one", changeNext({ quantity: 4 }), local("2026-12-05"));
    partner.order("one", change({ quantity: 4 }), local("2026-12-06"));
    partner.advanceTo(local("2027-01-01"));
    expect(types(partner).filter((type) => type === "quantity_changed")).toHaveLength(1);
    expect(partner.get("one").scheduledChange).toBeNull();
  });

  test("both the present and the coming configuration must be allowed", () => {
    const partner = open();
    partner.order("one", changeNext({ quantity: 4 }), local("2026-12-05"));
    // B takes 5 or more: 10 now, but 4 from January on.
    expect(partner.order("one", change({ product: productB }), local("2026-12-06"))).toBe(
      "quantity_out_of_range",
    );
    expect(partner.order("one", changeNext({ product: productB }), local("2026-12-06"))).toBe(
      "quantity_out_of_range",
    );
    expect(
      partner.order("one", changeNext({ product: productB, quantity: 5 }), local("2026-12-06")),
    ).toBeNull();
    // 4 are allowed of A now, and never come to be of B.
    expect(partner.order("one", change({ quantity: 4 }), local("2026-12-07"))).toBeNull();
  });

  test("a withdrawal is never refused: what could not stand alone goes with it", () => {
    const partner = open();
    partner.order("one", change({ quantity: 4 }), local("2026-12-05"));
    partner.order("one", changeNext({ product: productB, quantity: 5 }), local("2026-12-06"));
    // Without the scheduled 5, B would get the present 4, of which it takes none.
    expect(partner.order("one", withdrawChange("quantity"), local("2026-12-08"))).toBeNull();
    expect(partner.get("one").scheduledChange).toBeNull();
  });

  test("each slot is withdrawn by itself", () => {
    const partner = open();
    expect(partner.order("one", withdrawChange("quantity"), local("2026-12-05"))).toBe(
      "no_scheduled_change",
    );
    partner.order("one", changeNext({ quantity: 6, product: productB }), local("2026-12-05"));
    partner.order("one", withdrawChange("product"), local("2026-12-06"));
    expect(partner.order("one", withdrawChange("product"), local("2026-12-06"))).toBe(
      "no_scheduled_change",
    );
    expect(types(partner).at(-1)).toBe("change_withdrawn");
    expect(billed(partner, "2027-02-01")).toEqual(["10 × 2.00 = 20.00", "6 × 2.00 = 12.00"]);
  });

  test("a stop drops it", () => {
    const partner = open();
    partner.order("one", changeNext({ quantity: 4 }), local("2026-12-05"));
    partner.order("one", stopNow, local("2026-12-06"));
    partner.order("one", reactivate, local("2026-12-07"));
    expect(billed(partner, "2027-02-01")).toEqual(["10 × 2.00 = 20.00", "10 × 2.00 = 20.00"]);
  });
});

test("R7 R8 nothing of it makes a new activation code or trial", () => {
  const partner = open();
  const { activationCode, trial } = partner.get("one");
  partner.order("one", change({ product: productB }), local("2026-11-25"));
  partner.order("one", change({ quantity: 20 }), local("2026-12-25"));
  expect(partner.get("one")).toMatchObject({ activationCode, trial });
  expect(day("2026-12-01")).toBe(partner.get("one").paidSince);
});
