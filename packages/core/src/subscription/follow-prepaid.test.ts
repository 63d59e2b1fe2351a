import { describe, expect, test } from "vitest";
import type { Instant } from "../calendar.ts";
import type { ProductId } from "../ids.ts";
import {
  buildContext,
  buildPrice,
  heldUntil,
  local,
  orderOf,
  productA,
  productB,
} from "../testing/builders.ts";
import { changeNext, create } from "../testing/orders.ts";
import { openPartner } from "../testing/partner.ts";
import { createSubscription } from "./create.ts";
import { followPrepaid } from "./follow-prepaid.ts";
import type { Subscription } from "./state.ts";

const now = local("2026-11-24 10:00");

function schedule(startsAt: Instant): Subscription {
  const decision = createSubscription(orderOf("one", { startsAt }), buildContext(), now);
  if (!decision.accepted) throw new Error(decision.refusal.code);
  return decision.subscription;
}

function follow(
  subscription: Subscription,
  heldBefore: string | null,
  heldNow: string | null,
  product: ProductId = productA,
  at: Instant = now,
) {
  const context = buildContext({}, {}, heldNow === null ? () => null : heldUntil(heldNow));
  const { subscription: moved, facts } = followPrepaid(
    subscription,
    { product, heldBefore: heldBefore === null ? null : local(heldBefore) },
    context,
    at,
  );
  return { moved, types: facts.map(({ type }) => type) };
}

describe("R14 a start still to come", () => {
  const scheduled = schedule(local("2027-01-15"));

  test("that falls into a licence moves to its end", () => {
    const { moved, types } = follow(scheduled, null, "2027-03-01");
    expect(types).toEqual(["subscription.updated"]);
    expect(moved).toMatchObject({
      status: "scheduled",
      startsAt: local("2027-03-01"),
      version: 2,
      sequence: 2,
    });
  });

  test("that stands at the licence's end follows it, later and earlier", () => {
    for (const heldNow of ["2027-03-01", "2026-12-10"])
      expect(follow(scheduled, "2027-01-15", heldNow).moved).toMatchObject({
        startsAt: local(heldNow),
      });
  });

  test("begins at once where nothing is held any more", () => {
    const { moved, types } = follow(scheduled, "2027-01-15", null);
    expect(types).toEqual(["subscription.activated", "subscription.trial_started"]);
    expect(moved).toMatchObject({
      status: "trialing",
      startsAt: now,
      trial: { startsAt: now, endsAt: local("2026-12-01") },
    });
  });

  test("elsewhere stays, and so does that of another product", () => {
    for (const [heldBefore, heldNow, product] of [
      ["2026-12-10", "2027-01-15", productA],
      ["2026-12-10", null, productA],
      [null, "2026-12-10", productA],
      ["2027-01-15", "2027-03-01", productB],
    ] as const) {
      const { moved, types } = follow(scheduled, heldBefore, heldNow, product);
      expect([moved.startsAt, types]).toEqual([local("2027-01-15"), []]);
    }
  });

  test("never moves to a day without a price", () => {
    const context = buildContext(
      {},
      { prices: [buildPrice(productA, "2.00", "2027-02-01")] },
      heldUntil("2026-12-10"),
    );
    const { subscription } = followPrepaid(
      scheduled,
      { product: productA, heldBefore: local("2027-01-15") },
      context,
      now,
    );
    expect(subscription.startsAt).toBe(local("2027-01-15"));
  });

  test("what has begun by then goes on", () => {
    const { moved, types } = follow(scheduled, null, "2027-03-01", productA, local("2027-01-15"));
    expect(moved.status).toBe("trialing");
    expect(types).toEqual(["subscription.activated", "subscription.trial_started"]);
  });
});

describe("R14 R29 a scheduled change to the product", () => {
  function change(order: Parameters<typeof changeNext>[0]): Subscription {
    const partner = openPartner(buildContext(), local("2026-11-01"));
    partner.order("one", create("one"), now);
    partner.order("one", changeNext(order), local("2026-12-05"));
    return partner.get("one");
  }
  const at = local("2026-12-10");

  test("that falls into a licence is withdrawn, that of the quantity stands", () => {
    const { moved, types } = follow(
      change({ product: productB, quantity: 5 }),
      null,
      "2027-01-02",
      productB,
      at,
    );
    expect(types).toEqual(["subscription.change_withdrawn"]);
    expect(moved).toMatchObject({ scheduledChange: { product: null, quantity: 5 } });
  });

  test("that takes effect as the licence ends stands, as does one to another product", () => {
    const changing = change({ product: productB });
    for (const [heldNow, product] of [
      ["2027-01-01", productB],
      ["2027-01-02", productA],
    ] as const) {
      const { moved, types } = follow(changing, null, heldNow, product, at);
      expect([types, moved.scheduledChange?.product]).toEqual([[], productB]);
    }
  });
});
