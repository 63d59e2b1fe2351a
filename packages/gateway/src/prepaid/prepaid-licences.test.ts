import { toInstant } from "@evergate/core";
import { describe, expect, test } from "vitest";
import { catchUp } from "../clockwork/catch-up.ts";
import type { components } from "../generated/api.ts";
import { toPartnerId } from "../ids.ts";
import { listDuePartners } from "../store/due-partners.ts";
import { makeWorld, type Api, type World } from "../testing/api.ts";
import { testStores } from "../testing/open-test-stores.ts";
import { startTestGateway } from "../testing/start-test-gateway.ts";

type Schemas = components["schemas"];
type Licence = Schemas["PrepaidLicence"];
type Subscription = Schemas["Subscription"];
type Event = Schemas["Event"];

async function makeCustomer(api: Api, externalId: string): Promise<string> {
  const { id } = await api.ask<Schemas["Customer"]>("POST", "/v1/customers", {
    name: "Hotel Carpathia",
    externalId,
  });
  return id;
}

/** Until local midnight of 1 March, unless said. */
function register(
  { api, products }: World,
  input: Partial<Schemas["PrepaidLicenceInput"]> = {},
): Promise<Licence> {
  return api.ask("POST", "/v1/prepaid-licences", {
    customer: "ext:C",
    product: products.a.id,
    quantity: 25,
    endsOn: "2027-02-28",
    ...input,
  });
}

async function readEvents({ api }: World, of: string): Promise<readonly Event[]> {
  const { data } = await api.ask<Schemas["EventList"]>("GET", `/v1/events?limit=200&${of}`);
  return data;
}

const asLines = (events: readonly Event[]): readonly string[] =>
  events.map(({ type, timestamp }) => `${timestamp} ${type}`);

const readNotices = async (world: World): Promise<readonly string[]> =>
  asLines(await readEvents(world, "type=prepaid_licence.*"));

describe.each(testStores)("R14 prepaid first, on $name", (stores) => {
  async function open(partner: Partial<Schemas["PartnerInput"]> = {}): Promise<World> {
    const world = await makeWorld(await startTestGateway(stores), partner);
    await makeCustomer(world.api, "C");
    return world;
  }
  const subscribe = (world: World, input: Partial<Schemas["SubscriptionInput"]> = {}) =>
    world.api.call<Subscription & Partial<Pick<Schemas["Problem"], "code" | "availableFrom">>>(
      "POST",
      "/v1/subscriptions",
      {
        customer: "ext:C",
        product: world.products.a.id,
        quantity: 10,
        ...input,
      },
    );
  const read = (world: World, id: string): Promise<Subscription> =>
    world.api.ask("GET", `/v1/subscriptions/${id}`);

  test("a licence is paid from its first day to the end of its last, wherever midnight lies", async () => {
    const licence = await register(await open(), { startsOn: "2026-12-01", endsOn: "2027-06-30" });
    expect(licence).toMatchObject({
      startsAt: "2026-11-30T23:00:00Z",
      endsAt: "2027-06-30T22:00:00Z",
      createdAt: "2026-11-24T09:00:00Z",
    });
  });

  test("while it runs, no subscription to the product begins; the answer says from when one can", async () => {
    const world = await open();
    await register(world);
    const refused = await subscribe(world);
    expect([refused.status, refused.body.code, refused.body.availableFrom]).toEqual([
      409,
      "prepaid_licence_held",
      "2027-02-28T23:00:00Z",
    ]);
    expect((await subscribe(world, { startsAt: "2027-02-28T22:59:59Z" })).status).toBe(409);
    expect((await subscribe(world, { startsAt: "2027-02-28T23:00:00Z" })).body.status).toBe(
      "scheduled",
    );
    expect((await subscribe(world, { product: world.products.b.id })).body.status).toBe("trialing");
    expect((await subscribe(world, { customer: { name: "Another" } })).body.status).toBe(
      "trialing",
    );
  });

  test("licences that follow on hold as one, and in a gap one can begin", async () => {
    const world = await open();
    await register(world, { endsOn: "2026-12-31" });
    await register(world, { startsOn: "2027-01-01", endsOn: "2027-01-31" });
    await register(world, { startsOn: "2027-02-02", endsOn: "2027-03-31" });
    expect((await subscribe(world)).body.availableFrom).toBe("2027-01-31T23:00:00Z");
    const inGap = await subscribe(world, { startsAt: "when_prepaid_ends" });
    expect(inGap.body.startsAt).toBe("2027-01-31T23:00:00Z");
    const late = await subscribe(world, { startsAt: "2027-02-01T23:00:00Z" });
    expect(late.body.availableFrom).toBe("2027-03-31T22:00:00Z");
  });

  test("when_prepaid_ends: begun by the clock at that very instant, and now where none is held", async () => {
    const world = await open();
    expect((await subscribe(world, { startsAt: "when_prepaid_ends" })).body.status).toBe(
      "trialing",
    );
    await register(world);
    const { body } = await subscribe(world, { startsAt: "when_prepaid_ends" });
    expect(body).toMatchObject({ status: "scheduled", startsAt: "2027-02-28T23:00:00Z" });
    await world.advanceTo("2027-03-01T12:00:00Z");
    expect(asLines(await readEvents(world, `subscription=${body.id}`))).toEqual([
      "2026-11-24T09:00:00Z subscription.created",
      "2027-02-28T23:00:00Z subscription.activated",
      "2027-02-28T23:00:00Z subscription.trial_started",
    ]);
  });

  test("a subscription that runs already goes on, and can be changed in quantity", async () => {
    const world = await open();
    const { body } = await subscribe(world);
    await register(world);
    await world.api.ask("PATCH", `/v1/subscriptions/${body.id}`, { quantity: 12 });
    await world.advanceTo("2027-01-10T00:00:00Z");
    expect(await read(world, body.id)).toMatchObject({ status: "active", quantity: 12 });
  });

  test("what waits for its end follows it, later, earlier, and to now when it is taken back", async () => {
    const world = await open();
    const licence = await register(world, { externalId: "LIC/1" });
    const { body } = await subscribe(world, { startsAt: "when_prepaid_ends" });
    for (const [endsOn, startsAt] of [
      ["2027-06-30", "2027-06-30T22:00:00Z"],
      ["2026-12-31", "2026-12-31T23:00:00Z"],
    ] as const) {
      await world.api.ask("PATCH", "/v1/prepaid-licences/ext:LIC%2F1", { endsOn });
      expect(await read(world, body.id)).toMatchObject({ status: "scheduled", startsAt });
    }
    const gone = await world.api.call("DELETE", `/v1/prepaid-licences/${licence.id}`);
    expect(gone.status).toBe(204);
    expect(await read(world, body.id)).toMatchObject({
      status: "trialing",
      startsAt: "2026-11-24T09:00:00Z",
      version: 4,
    });
    const events = await readEvents(world, `subscription=${body.id}`);
    expect(
      events.map(({ type, data }) => [type, (data as { previous: unknown }).previous]),
    ).toEqual([
      ["subscription.created", null],
      ["subscription.updated", { startsAt: "2027-02-28T23:00:00Z", version: 1 }],
      ["subscription.updated", { startsAt: "2027-06-30T22:00:00Z", version: 2 }],
      ["subscription.activated", expect.objectContaining({ status: "scheduled" })],
      ["subscription.trial_started", expect.objectContaining({ status: "scheduled" })],
    ]);
    const history = await world.api.ask<Schemas["HistoryEntryList"]>(
      "GET",
      `/v1/subscriptions/${body.id}/history`,
    );
    expect(history.data.map(({ action }) => action)).toEqual([
      "deletePrepaidLicence",
      "updatePrepaidLicence",
      "updatePrepaidLicence",
      "createSubscription",
    ]);
  });

  test("a start already scheduled moves out of a licence that is registered later", async () => {
    const world = await open();
    const { body } = await subscribe(world, { startsAt: "2027-01-15T10:00:00Z" });
    await register(world);
    expect((await read(world, body.id)).startsAt).toBe("2027-02-28T23:00:00Z");
    // Follows on: the start moves once more.
    await register(world, { startsOn: "2027-03-01", endsOn: "2027-03-31" });
    expect((await read(world, body.id)).startsAt).toBe("2027-03-31T22:00:00Z");
  });

  test("a scheduled change to the product is refused within a licence, and withdrawn by one that is registered later", async () => {
    const world = await open();
    const { body } = await subscribe(world);
    const next = { product: world.products.b.id, effective: "next_period" };
    const path = `/v1/subscriptions/${body.id}`;
    await world.api.ask("PATCH", path, { ...next, quantity: 5 });
    await register(world, { product: world.products.b.id, endsOn: "2026-12-31" });
    expect((await read(world, body.id)).scheduledChange).toMatchObject({
      product: null,
      quantity: 5,
    });
    expect(asLines(await readEvents(world, `subscription=${body.id}`)).at(-1)).toContain(
      "change_withdrawn",
    );
    expect(await world.api.call("PATCH", path, next)).toMatchObject({
      status: 409,
      body: { code: "prepaid_licence_held", availableFrom: "2026-12-31T23:00:00Z" },
    });
    await world.advanceTo("2026-12-05T00:00:00Z");
    // The period ends as the licence does.
    expect((await world.api.call("PATCH", path, next)).status).toBe(200);
  });

  test("a stopped subscription is taken up again when it ends, with its own code", async () => {
    const world = await open();
    const { body } = await subscribe(world);
    const path = `/v1/subscriptions/${body.id}`;
    await world.api.ask("POST", `${path}/cancel`, { effective: "now" });
    await register(world);
    expect((await world.api.call("POST", `${path}/reactivate`, {})).status).toBe(409);
    const waiting = await world.api.ask<Subscription>("POST", `${path}/reactivate`, {
      startsAt: "when_prepaid_ends",
    });
    expect(waiting).toMatchObject({ status: "scheduled", startsAt: "2027-02-28T23:00:00Z" });
    await world.advanceTo("2027-04-01T12:00:00Z");
    expect(await read(world, body.id)).toMatchObject({
      status: "active",
      activationCode: body.activationCode,
    });
    const { data } = await world.api.ask<Schemas["ChargeList"]>("GET", "/v1/charges");
    expect(data.map(({ period, amount }) => [period.startsOn, amount])).toEqual([
      ["2027-03-01", "20.00"],
    ]);
  });

  test("a start scheduled at the same time as a licence never comes to lie within it", async () => {
    const world = await open();
    const customers = await Promise.all(
      Array.from({ length: 20 }, (_, index) => makeCustomer(world.api, `R-${index}`)),
    );
    await Promise.all(
      customers.flatMap((customer) => [
        subscribe(world, { customer, startsAt: "2027-01-15T10:00:00Z" }),
        register(world, { customer }),
      ]),
    );
    const { data } = await world.api.ask<Schemas["SubscriptionList"]>(
      "GET",
      "/v1/subscriptions?status=scheduled",
    );
    for (const { startsAt } of data) expect(startsAt).toBe("2027-02-28T23:00:00Z");
  });
});

describe.each(testStores)("the notice of an end, on $name", (stores) => {
  async function open(partner: Partial<Schemas["PartnerInput"]> = {}): Promise<World> {
    const world = await makeWorld(await startTestGateway(stores), partner);
    await makeCustomer(world.api, "C");
    return world;
  }

  test("comes once, 30 local days before, in the order of due times, however the clock steps (R2, R3)", async () => {
    const told: unknown[] = [];
    for (const steps of [
      ["2027-04-10T00:00:00Z"],
      [
        "2027-01-29T22:59:59Z",
        "2027-01-29T23:00:00Z",
        "2027-03-01T00:00:00Z",
        "2027-04-10T00:00:00Z",
      ],
    ]) {
      const world = await open({ type: "xsp" });
      await register(world);
      await register(world, { product: world.products.b.id, endsOn: "2027-01-29" });
      await register(world, {
        product: world.products.b.id,
        endsOn: "2027-01-30",
        startsOn: "2027-01-30",
      });
      for (let count = 0; count < 3; count++)
        await world.subscribe({ customer: { name: `Other ${count}` }, trial: "none" });
      for (const to of steps) await world.advanceTo(to);
      expect(await readNotices(world)).toEqual([
        // The last 30 days of the first begin on 31 December, those of the second on 1 January, when a month ends, too.
        "2026-12-30T23:00:00Z prepaid_licence.ending",
        "2026-12-31T23:00:00Z prepaid_licence.ending",
        "2027-01-29T23:00:00Z prepaid_licence.ending",
      ]);
      const all = await readEvents(world, "");
      const instants = all.map(({ timestamp }) => timestamp);
      expect(instants).toEqual(instants.toSorted());
      const lines = asLines(all).filter((line) => line.startsWith("2026-12-31T23:00:00Z"));
      expect(lines.indexOf("2026-12-31T23:00:00Z prepaid_licence.ending")).toBeGreaterThan(
        lines.lastIndexOf("2026-12-31T23:00:00Z subscription.renewed"),
      );
      expect(lines.indexOf("2026-12-31T23:00:00Z prepaid_licence.ending")).toBeLessThan(
        lines.indexOf("2026-12-31T23:00:00Z bill.issued"),
      );
      told.push(asLines(all));
    }
    expect(told[0]).toEqual(told[1]);
  });

  test("shows the licence as the API answers it", async () => {
    const world = await open();
    const licence = await register(world);
    await world.advanceTo("2027-01-29T23:00:00Z");
    const [event] = await readEvents(world, "type=prepaid_licence.ending");
    expect(event?.data).toEqual({ ...licence, previous: null, mode: "sandbox" });
  });

  test("at once with less than 30 days left; not again before its end", async () => {
    const world = await open();
    await register(world, { endsOn: "2026-12-23" });
    await world.advanceTo("2027-01-10T00:00:00Z");
    expect(await readNotices(world)).toEqual(["2026-11-24T09:00:00Z prepaid_licence.ending"]);
  });

  test("an end that moves is announced anew, any other change is not", async () => {
    const world = await open();
    const { id } = await register(world);
    const change = (body: Schemas["PrepaidLicencePatch"]) =>
      world.api.ask("PATCH", `/v1/prepaid-licences/${id}`, body);
    await world.advanceTo("2027-02-01T00:00:00Z");
    await change({ quantity: 30 });
    await change({ endsOn: "2027-04-30" });
    await world.advanceTo("2027-03-10T00:00:00Z");
    await change({ endsOn: "2027-03-31" });
    await change({ endsOn: "2027-03-31" });
    await world.advanceTo("2027-05-10T00:00:00Z");
    expect(await readNotices(world)).toEqual([
      "2027-01-29T23:00:00Z prepaid_licence.ending",
      "2027-03-10T00:00:00Z prepaid_licence.ending",
    ]);
  });

  test("a licence taken back before is not announced", async () => {
    const world = await open();
    const { id } = await register(world);
    await world.api.call("DELETE", `/v1/prepaid-licences/${id}`);
    await world.advanceTo("2027-05-10T00:00:00Z");
    expect(await readNotices(world)).toEqual([]);
  });

  test("live: by the system's clock, dated when it was due, before a command that comes later (R2)", async () => {
    const gateway = await startTestGateway(stores);
    const world = await makeWorld(gateway, { mode: "live" });
    await makeCustomer(world.api, "C");
    const one = await register(world);
    const other = await register(world, { product: world.products.b.id, endsOn: "2027-02-27" });
    const due = toInstant(Date.parse("2027-01-29T23:00:00Z"));
    gateway.setNow(toInstant(Date.parse("2027-02-03T10:00:00Z")));
    const partner = toPartnerId(world.partner.id);
    expect(await listDuePartners(gateway.store.reader, due)).toContainEqual({
      partner,
      until: null,
    });
    await world.api.ask("PATCH", `/v1/prepaid-licences/${one.id}`, { endsOn: "2027-12-31" });
    const now = toInstant(Date.parse("2027-02-03T10:00:00Z"));
    // Two clockworks at once, as two processes have them.
    await Promise.all([1, 2].map(() => catchUp(gateway.gateway.services, partner, now)));
    expect(await catchUp(gateway.gateway.services, partner, now)).toBe("done");
    const events = await readEvents(world, "type=prepaid_licence.ending");
    expect(events.map(({ timestamp, data }) => [timestamp, (data as Licence).id])).toEqual([
      ["2027-01-29T23:00:00Z", one.id],
      ["2027-01-28T23:00:00Z", other.id],
    ]);
  });

  test("of more licences than fit in one transaction each comes once, in the order of their ids", async () => {
    const world = await open();
    const ids: string[] = [];
    for (let count = 0; count < 210; count++) {
      const customer = await makeCustomer(world.api, `M-${count}`);
      ids.push((await register(world, { customer })).id);
    }
    await world.advanceTo("2027-01-29T23:00:00Z");
    const first = await world.api.ask<Schemas["EventList"]>(
      "GET",
      "/v1/events?limit=200&type=prepaid_licence.ending",
    );
    const rest = await world.api.ask<Schemas["EventList"]>(
      "GET",
      `/v1/events?limit=200&type=prepaid_licence.ending&after=${first.nextCursor}`,
    );
    expect([...first.data, ...rest.data].map(({ data }) => (data as Licence).id)).toEqual(ids);
  });
});
