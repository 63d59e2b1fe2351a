import { toInstant } from "@evergate/core";
import { describe, expect, test } from "vitest";
import { catchUp } from "./clockwork/catch-up.ts";
import type { components } from "./generated/api.ts";
import { toPartnerId } from "./ids.ts";
import { makeWorld, type World } from "./testing/api.ts";
import { testStores } from "./testing/open-test-stores.ts";
import { startTestGateway } from "./testing/start-test-gateway.ts";

type Schemas = components["schemas"];
type PartnerInput = Partial<Schemas["PartnerInput"]>;

const november = { timeZone: "Europe/Bratislava", currency: "EUR" };
const reseller: PartnerInput = { ...november, type: "reseller", billingPeriod: "calendar_month" };
const xsp: PartnerInput = {
  ...november,
  type: "xsp",
  billingPeriod: "calendar_month",
  trialLimit: { months: 2 },
};
const thirtyDays: PartnerInput = { ...xsp, billingPeriod: "thirty_days" };

/** The net of each month's bill, by month; a month without a bill is not in it (R22). */
async function readBills(world: World): Promise<Record<string, string>> {
  const { data } = await world.api.ask<Schemas["BillList"]>("GET", "/v1/bills?limit=200");
  return Object.fromEntries(data.map((bill) => [bill.month, bill.net]).toReversed());
}

describe.each(testStores)(
  "the worked examples of the rules, through bills over HTTP on $name",
  (stores) => {
    const open = async (partner: PartnerInput): Promise<World> =>
      makeWorld(await startTestGateway(stores), partner);
    /** E1's beginning: 10 units on 24 November 2026. */
    const openE1 = async (): Promise<{ world: World; id: string; code: string }> => {
      const world = await open(reseller);
      const { id, activationCode } = await world.subscribe();
      return { world, id, code: activationCode };
    };
    const change = (world: World, id: string, body: object): Promise<unknown> =>
      world.api.ask("PATCH", `/v1/subscriptions/${id}`, body);
    const post = (
      world: World,
      id: string,
      action: string,
      body?: object,
    ): Promise<Schemas["Subscription"]> =>
      world.api.ask("POST", `/v1/subscriptions/${id}/${action}`, body);

    test("E1 a reseller's subscription is free in its first month", async () => {
      const { world } = await openE1();
      await world.advanceTo("2027-02-01T00:00:00+01:00");
      expect(await readBills(world)).toEqual({ "2026-12": "20.00", "2027-01": "20.00" });
    });

    test("E2 more units cost from the current month, fewer from the next", async () => {
      const { world, id } = await openE1();
      await world.advanceTo("2026-12-10T12:00:00+01:00");
      await change(world, id, { quantity: 25 });
      await world.advanceTo("2026-12-20T12:00:00+01:00");
      await change(world, id, { quantity: 5 });
      await world.advanceTo("2027-02-01T00:00:00+01:00");
      expect(await readBills(world)).toEqual({ "2026-12": "50.00", "2027-01": "10.00" });
    });

    test("E3 what was licensed in the trial does not count", async () => {
      const { world, id } = await openE1();
      await change(world, id, { quantity: 40 });
      await world.advanceTo("2026-11-28T12:00:00+01:00");
      await change(world, id, { quantity: 10 });
      await world.advanceTo("2027-01-01T00:00:00+01:00");
      expect(await readBills(world)).toEqual({ "2026-12": "20.00" });
    });

    test("E4 a month that is wholly paused is not charged", async () => {
      const { world, id } = await openE1();
      await world.advanceTo("2026-12-20T00:00:00+01:00");
      await post(world, id, "pause", { resumesAt: "2027-02-10T00:00:00+01:00" });
      await world.advanceTo("2027-03-01T00:00:00+01:00");
      expect(await readBills(world)).toEqual({ "2026-12": "20.00", "2027-02": "20.00" });
    });

    test("E5 who stops and returns keeps the code and pays the months of service", async () => {
      const { world, id, code } = await openE1();
      await world.advanceTo("2026-12-05T00:00:00+01:00");
      await post(world, id, "cancel", { effective: "period_end" });
      await world.advanceTo("2027-03-15T10:00:00+01:00");
      expect((await post(world, id, "reactivate", {})).activationCode).toBe(code);
      await world.advanceTo("2027-04-01T00:00:00+02:00");
      expect(await readBills(world)).toEqual({ "2026-12": "20.00", "2027-03": "20.00" });
    });

    test("E6 a month with a stop and a return is charged once", async () => {
      const { world, id } = await openE1();
      await world.advanceTo("2026-12-05T10:00:00+01:00");
      await post(world, id, "cancel", { effective: "now" });
      await world.advanceTo("2026-12-20T10:00:00+01:00");
      await post(world, id, "reactivate", {});
      await world.advanceTo("2027-01-01T00:00:00+01:00");
      expect(await readBills(world)).toEqual({ "2026-12": "20.00" });
    });

    test("E7 what is left of the trial after a return is still free", async () => {
      const world = await open({ ...reseller, clock: "2026-11-05T09:00:00Z" });
      const { id } = await world.subscribe();
      await world.advanceTo("2026-11-10T10:00:00+01:00");
      await post(world, id, "cancel", { effective: "now" });
      await world.advanceTo("2026-11-15T10:00:00+01:00");
      await post(world, id, "reactivate", {});
      await world.advanceTo("2027-01-01T00:00:00+01:00");
      expect(await readBills(world)).toEqual({ "2026-12": "20.00" });
    });

    test("E8 two months of trial count the month of the start", async () => {
      const world = await open(xsp);
      await world.subscribe({ quantity: 1, trial: { months: 2 } });
      await world.advanceTo("2027-02-01T00:00:00+01:00");
      expect(await readBills(world)).toEqual({ "2027-01": "2.00" });
    });

    test("E9 where a trial ends inside a month, the rest of it is charged by the day", async () => {
      const world = await open(xsp);
      const subscription = await world.subscribe({ quantity: 1, trial: { days: 14 } });
      expect(subscription.trial).toEqual({
        startsAt: "2026-11-24T09:00:00Z",
        endsAt: "2026-12-07T23:00:00Z",
      });
      await world.advanceTo("2027-02-01T00:00:00+01:00");
      expect(await readBills(world)).toEqual({ "2026-12": "1.55", "2027-01": "2.00" });
    });

    test("E10 without a trial the first month is charged by the day", async () => {
      const world = await open({ ...xsp, clock: "2028-01-30T14:00:00Z" });
      await world.subscribe({ quantity: 3, trial: "none" });
      await world.advanceTo("2028-03-01T00:00:00+01:00");
      expect(await readBills(world)).toEqual({ "2028-01": "0.39", "2028-02": "6.00" });
    });

    test("E11 a 30-day period is on the bill of the month of its last day", async () => {
      const world = await open({ ...thirtyDays, clock: "2027-03-01T08:00:00Z" });
      await world.subscribe({ quantity: 1, trial: "none" });
      await world.advanceTo("2027-05-01T00:00:00+02:00");
      expect(await readBills(world)).toEqual({ "2027-03": "2.00", "2027-04": "2.00" });
      const { data } = await world.api.ask<Schemas["ChargeList"]>("GET", "/v1/charges");
      expect(data.map(({ period }) => period)).toEqual([
        { startsOn: "2027-03-31", endsOn: "2027-04-29" },
        { startsOn: "2027-03-01", endsOn: "2027-03-30" },
      ]);
    });

    test("E12 after a pause that outlasts its period a new 30-day period begins", async () => {
      const world = await open({ ...thirtyDays, clock: "2027-01-10T08:00:00Z" });
      const { id } = await world.subscribe({ quantity: 1, trial: "none" });
      await world.advanceTo("2027-01-15T00:00:00+01:00");
      await post(world, id, "pause", { resumesAt: "2027-03-01T00:00:00+01:00" });
      await world.advanceTo("2027-04-01T00:00:00+02:00");
      expect(await readBills(world)).toEqual({ "2027-02": "2.00", "2027-03": "2.00" });
      const { data } = await world.api.ask<Schemas["ChargeList"]>("GET", "/v1/charges");
      expect(data.map(({ period }) => period.startsOn)).toEqual(["2027-03-01", "2027-01-10"]);
    });

    test("E13 an MSP's discount counts over all its customers", async () => {
      const world = await open({ ...reseller, type: "msp" });
      await world.subscribe({ quantity: 60, customer: { name: "Hotel Carpathia" } });
      await world.subscribe({ quantity: 45, customer: { name: "Penzión Dunaj" } });
      await world.advanceTo("2027-01-01T00:00:00+01:00");
      const { data } = await world.api.ask<Schemas["BillList"]>("GET", "/v1/bills");
      expect(data[0]?.customers.map(({ name, net }) => [name, net])).toEqual([
        ["Hotel Carpathia", "105.60"],
        ["Penzión Dunaj", "79.20"],
      ]);
      expect(data[0]?.net).toBe("184.80");
    });

    test("E14 a month is charged for its dearest product", async () => {
      const { world, id } = await openE1();
      await world.advanceTo("2026-12-10T12:00:00+01:00");
      await change(world, id, { product: world.products.b.id });
      await world.advanceTo("2026-12-12T12:00:00+01:00");
      await change(world, id, { product: "code:A" });
      await world.advanceTo("2027-02-01T00:00:00+01:00");
      expect(await readBills(world)).toEqual({ "2026-12": "30.00", "2027-01": "20.00" });
    });

    test("E15 a gateway that was down comes to the same, dated as it was due", async () => {
      const world = await open({ ...reseller, mode: "live" });
      const gateway = world.gateway;
      await world.subscribe();
      gateway.setNow(toInstant(Date.UTC(2027, 1, 5)));
      await catchUp(
        gateway.gateway.services,
        toPartnerId(world.partner.id),
        toInstant(Date.UTC(2027, 1, 5)),
      );
      expect(await readBills(world)).toEqual({ "2026-12": "20.00", "2027-01": "20.00" });
      const { data } = await world.api.ask<Schemas["EventList"]>(
        "GET",
        "/v1/events?type=subscription.*&limit=200",
      );
      expect(data.map(({ type, timestamp }) => `${timestamp} ${type}`)).toEqual([
        "2026-11-24T09:00:00Z subscription.created",
        "2026-11-24T09:00:00Z subscription.activated",
        "2026-11-24T09:00:00Z subscription.trial_started",
        "2026-11-27T23:00:00Z subscription.trial_will_end",
        "2026-11-30T23:00:00Z subscription.trial_ended",
        "2026-12-31T23:00:00Z subscription.renewed",
        "2027-01-31T23:00:00Z subscription.renewed",
      ]);
    });
  },
);
