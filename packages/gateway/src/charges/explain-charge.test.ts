import { describe, expect, test } from "vitest";
import { createChance } from "../faults/random.ts";
import type { components } from "../generated/api.ts";
import { toPartnerId } from "../ids.ts";
import { findCharge } from "../store/charges.ts";
import { findPartner } from "../store/partners.ts";
import { findSubscription } from "../store/subscriptions.ts";
import { makeWorld, type World } from "../testing/api.ts";
import { liveOn } from "../testing/live-randomly.ts";
import { testStores } from "../testing/open-test-stores.ts";
import { startTestGateway } from "../testing/start-test-gateway.ts";
import { tellCharge } from "./tell-charge.ts";

type Schemas = components["schemas"];

/** Gives an order in someone's name. */
async function order(
  world: World,
  actor: string,
  method: string,
  path: string,
  body: object,
): Promise<{ id: string }> {
  return world.api.ask(method, path, body, {
    headers: { "evergate-actor": encodeURIComponent(actor) },
  });
}

async function explain(
  world: World,
  subscription: string,
  startsOn: string,
): Promise<Schemas["ChargeExplanation"]> {
  const { data } = await world.api.ask<Schemas["ChargeList"]>(
    "GET",
    `/v1/subscriptions/${subscription}/charges?limit=200`,
  );
  const charge = data.find(({ period }) => period.startsOn === startsOn);
  return world.api.ask("GET", `/v1/charges/${charge?.id}/explanation`);
}

describe.each(testStores)("the explanation of a charge on $name", (stores) => {
  test("of a month in which much has happened, as a reseller reads it", async () => {
    const world = await makeWorld(await startTestGateway(stores), {
      type: "xsp",
      trialLimit: { months: 2 },
    });
    const { id } = await order(world, "Eva Horváthová", "POST", "/v1/subscriptions", {
      customer: { name: "Hotel Carpathia" },
      product: "code:A",
      quantity: 10,
      externalId: "S-1001/1",
      trial: { days: 14 },
    });
    const path = `/v1/subscriptions/${id}`;
    await world.advanceTo("2026-12-10T08:30:00Z");
    await order(world, "Ján Kováč", "PATCH", path, { product: "code:B", quantity: 12 });
    await world.advanceTo("2026-12-12T13:00:00Z");
    await order(world, "Eva Horváthová", "PATCH", path, { product: "code:A" });
    await world.advanceTo("2026-12-15T00:00:00+01:00");
    await order(world, "Night shift", "POST", `${path}/pause`, { days: 5 });
    await world.advanceTo("2026-12-28T09:00:00Z");
    await order(world, "Ján Kováč", "PATCH", path, { quantity: 4, effective: "next_period" });
    await world.advanceTo("2027-02-01T00:00:00+01:00");

    const december = await explain(world, id, "2026-12-01");
    expect(december.sentences).toEqual([
      "For 1 to 31 December 2026, Hotel Carpathia is charged 27.87 EUR for the subscription S-1001/1.",
      "From 1 to 7 December 2026: 10 users of Product A in the free trial, so that it doesn't count. Ordered by Eva Horváthová on 24 November 2026, 10:00.",
      "From 8 December 2026, 00:00 until 10 December 2026, 09:30: 10 users of Product A in service, which at 2.00 EUR each is 20.00 EUR for a whole period.",
      "From 10 December 2026, 09:30 until 12 December 2026, 14:00: 12 users of Product B in service, which at 3.00 EUR each is 36.00 EUR for a whole period. Ordered by Ján Kováč on 10 December 2026, 09:30.",
      "From 12 December 2026, 14:00 until 15 December 2026, 00:00: 12 users of Product A in service, which at 2.00 EUR each is 24.00 EUR for a whole period. Ordered by Eva Horváthová on 12 December 2026, 14:00.",
      "From 15 to 19 December 2026: 12 users of Product A paused by Night shift on 15 December 2026, 00:00, so that it doesn't count.",
      "From 20 to 31 December 2026: 12 users of Product A in service, which at 2.00 EUR each is 24.00 EUR for a whole period.",
      "Of all that was in service in a period the dearest is charged, however briefly it was so: here 12 users of Product B.",
      "The price is that of 8 December 2026, on which the paid part of the period began: 3.00 EUR a user, in force since 1 January 2026.",
      "Paid service first began within the month, so that the days from 8 to 31 December 2026 are charged: 24 of 31.",
      "12 users × 3.00 EUR × 24 ÷ 31 = 27.870967… EUR, rounded once, half up, to 27.87 EUR.",
      "It is on the bill TEST-2026-000001 for December 2026, issued on 1 January 2027.",
    ]);
    expect(december).toMatchObject({
      unrounded: "864/31",
      rounding: { mode: "half_up", decimals: 2 },
      amount: "27.87",
      discount: null,
      period: { paidFromOn: "2026-12-08", startsAt: "2026-11-30T23:00:00Z" },
      price: { validFrom: "2026-01-01", pricedOn: "2026-12-08" },
      bill: { number: "TEST-2026-000001" },
    });
    expect(
      december.configurations.map(
        ({ isCounted, isDearest, isInService, isInTrial, changed, ordered }) => [
          [isInService, isInTrial, isCounted, isDearest].map(Number).join(""),
          `${changed.action} by ${changed.actor}`,
          `${ordered.action} by ${ordered.actor}`,
        ],
      ),
    ).toEqual([
      ["1100", "createSubscription by Eva Horváthová", "createSubscription by Eva Horváthová"],
      ["1010", "subscription.trial_ended by clock", "createSubscription by Eva Horváthová"],
      ["1011", "updateSubscription by Ján Kováč", "updateSubscription by Ján Kováč"],
      ["1010", "updateSubscription by Eva Horváthová", "updateSubscription by Eva Horváthová"],
      ["0000", "pauseSubscription by Night shift", "updateSubscription by Eva Horváthová"],
      ["1010", "subscription.resumed by clock", "updateSubscription by Eva Horváthová"],
    ]);

    // What was scheduled is his who scheduled it, though the clock carried it out.
    const january = await explain(world, id, "2027-01-01");
    expect(january.sentences).toEqual([
      "For 1 to 31 January 2027, Hotel Carpathia is charged 8.00 EUR for the subscription S-1001/1.",
      "From 1 to 31 January 2027: 4 users of Product A in service, which at 2.00 EUR each is 8.00 EUR for a whole period. Ordered by Ján Kováč on 28 December 2026, 10:00.",
      "So 4 users of Product A are charged.",
      "The price is that of 1 January 2027, on which the paid part of the period began: 2.00 EUR a user, in force since 1 January 2026.",
      "4 users × 2.00 EUR = 8.00 EUR.",
      "It is on the bill TEST-2027-000001 for January 2027, issued on 1 February 2027.",
    ]);
  });

  /** What February is charged and explained as, where a start waited for a licence until the next summer. */
  async function explainFebruary(
    isTakenUpAgain: boolean,
    moveLicence: (world: World, licence: string) => Promise<unknown>,
  ): Promise<Schemas["ChargeExplanation"]> {
    const world = await makeWorld(await startTestGateway(stores), { type: "xsp" });
    const { api } = world;
    await api.ask("POST", "/v1/customers", { name: "Hotel Carpathia", externalId: "C" });
    const licence = await api.ask<{ id: string }>("POST", "/v1/prepaid-licences", {
      customer: "ext:C",
      product: "code:A",
      quantity: 10,
      endsOn: "2027-06-30",
    });
    const { id } = await world.subscribe({
      customer: "ext:C",
      trial: "none",
      startsAt: "when_prepaid_ends",
    });
    if (isTakenUpAgain) {
      await api.ask("POST", `/v1/subscriptions/${id}/cancel`, { effective: "now" });
      await api.ask("POST", `/v1/subscriptions/${id}/reactivate`, {
        startsAt: "when_prepaid_ends",
      });
    }
    expect(await api.ask("GET", `/v1/subscriptions/${id}`)).toMatchObject({ status: "scheduled" });
    await world.advanceTo("2027-02-10T12:00:00Z");
    await moveLicence(world, licence.id);
    await world.advanceTo("2027-03-02T00:00:00Z");
    return explain(world, id, "2027-02-01");
  }

  const takeLicenceBack = ({ api }: World, licence: string): Promise<unknown> =>
    api.call("DELETE", `/v1/prepaid-licences/${licence}`);
  const endLicence =
    (endsOn: string) =>
    ({ api }: World, licence: string): Promise<unknown> =>
      api.ask("PATCH", `/v1/prepaid-licences/${licence}`, { endsOn });

  test.each([
    [
      "is taken back",
      takeLicenceBack,
      "2027-02-10",
      "10 to 28 February 2027 are charged: 19 of 28",
    ],
    [
      "is made to end soon",
      endLicence("2027-02-26"),
      "2027-02-27",
      "27 to 28 February 2027 are charged: 2 of 28",
    ],
  ])(
    "of a first start that its licence waited for, which %s: by the day",
    async (_how, move, from, days) => {
      const explanation = await explainFebruary(false, move);
      expect(explanation.period.paidFromOn).toBe(from);
      expect(explanation.sentences.join(" ")).toContain(days);
    },
  );

  test("of a last day alone, in words that are right for one", async () => {
    const { charge, sentences } = await explainFebruary(false, endLicence("2027-02-27"));
    expect(charge.days).toEqual({ charged: 1, of: 28 });
    expect(sentences).toContain(
      "Paid service first began within the month, so that only 28 February 2027 is charged: 1 of 28.",
    );
  });

  test.each([
    ["is taken back", takeLicenceBack],
    ["ends", endLicence("2027-02-15")],
  ])(
    "of what stopped before it ever began: in full as its licence %s (R18)",
    async (_how, move) => {
      const { charge } = await explainFebruary(true, move);
      expect([charge.days, charge.amount]).toEqual([null, "20.00"]);
    },
  );

  test("of an MSP's discount, before its bill is made and after (R20)", async () => {
    const world = await makeWorld(await startTestGateway(stores), {
      type: "msp",
      billingPeriod: "thirty_days",
      clock: "2026-11-01T09:00:00Z",
    });
    const { id } = await world.subscribe({ quantity: 60 });
    await world.subscribe({ quantity: 45, customer: { name: "Penzión Dunaj" } });
    await world.advanceTo("2026-12-31T12:00:00Z");
    const before = await explain(world, id, "2026-12-01");
    expect(before).toMatchObject({
      bill: null,
      discount: { units: 105, tier: { from: 100, discountPercent: "12" } },
      discountPercent: "12",
      amount: "105.60",
      charge: { discountPercent: "0", amount: "120.00" },
    });
    expect(before.sentences.slice(-3)).toEqual([
      "As things stand, your bill counts 105 users of Product A in all: from 100 on, all of them cost 12 % less.",
      "60 users × 2.00 EUR − 12 % = 105.60 EUR.",
      "It will be on the bill for December 2026, which is made on 1 January 2027. Until then its discount can still change.",
    ]);
    await world.advanceTo("2027-01-01T12:00:00Z");
    // What is counted now is no matter of a bill that is made.
    await world.subscribe({ quantity: 500, customer: { name: "Later" } });
    const after = await explain(world, id, "2026-12-01");
    expect(after).toMatchObject({
      discount: { units: 105, tier: { from: 100 } },
      discountPercent: "12",
      amount: "105.60",
      charge: { discountPercent: "12", amount: "105.60" },
    });
    expect(after.sentences.at(-3)).toBe(
      "Your bill counts 105 users of Product A in all: from 100 on, all of them cost 12 % less.",
    );
  });

  test(
    "comes to the charge, whatever a life was like, and names who gave the orders",
    { timeout: 120_000 },
    async () => {
      const gateway = await startTestGateway(stores);
      let explainedCount = 0;
      for (const partner of [
        { type: "msp", billingPeriod: "calendar_month" },
        { type: "xsp", billingPeriod: "thirty_days", trialLimit: { months: 2 } },
      ] as const) {
        for (let seed = 1; seed <= 4; seed++) {
          const world = await makeWorld(gateway, partner);
          const chance = createChance(seed);
          const { id } = await world.subscribe({ quantity: chance.between(1, 80) });
          let now = Date.parse("2026-11-24T09:00:00Z");
          for (let count = 0; count < 18; count++) now = await liveOn(world, id, chance, now);
          await world.advanceTo(new Date(now + 62 * 86_400_000).toISOString());
          const { data } = await world.api.ask<Schemas["ChargeList"]>(
            "GET",
            "/v1/charges?limit=200",
          );
          for (const charge of data) {
            const explanation = await world.api.ask<Schemas["ChargeExplanation"]>(
              "GET",
              `/v1/charges/${charge.id}/explanation`,
            );
            const dearest = explanation.configurations.filter(({ isDearest }) => isDearest);
            expect(dearest).toMatchObject([
              { product: charge.product, quantity: charge.quantity, unitPrice: charge.unitPrice },
            ]);
            expect([explanation.charge, explanation.amount]).toEqual([
              charge,
              charge.bill === null ? explanation.amount : charge.amount,
            ]);
            // Orders are given by people.
            expect(explanation.configurations.map(({ ordered }) => ordered.actor)).not.toContain(
              "clock",
            );
            explainedCount += 1;
          }
        }
      }
      expect(explainedCount).toBeGreaterThan(20);
    },
  );

  test("of a record that other hands have changed is none", async () => {
    const world = await makeWorld(await startTestGateway(stores));
    const { id } = await world.subscribe();
    await world.advanceTo("2026-12-10T09:00:00Z");
    await world.api.ask("PATCH", `/v1/subscriptions/${id}`, { quantity: 25 });
    await world.advanceTo("2027-01-01T09:00:00Z");
    const { store } = world.gateway;
    const partner = await findPartner(store.reader, toPartnerId(world.partner.id));
    const { charge: shown } = await explain(world, id, "2026-12-01");
    await store.transaction((tx) =>
      tx
        .deleteFrom("audit_log")
        .where("subject", "=", id)
        .where("action", "=", "updateSubscription")
        .execute(),
    );
    if (partner === undefined) throw new Error("The partner is gone.");
    const subscription = await findSubscription(store.reader, partner.id, id);
    const charge = await findCharge(store.reader, partner.id, shown.id);
    if (subscription === undefined || charge === undefined) throw new Error("Both are gone.");
    await expect(tellCharge({ db: store.reader, partner }, subscription, charge)).rejects.toThrow(
      "comes to another charge",
    );
  });
});
