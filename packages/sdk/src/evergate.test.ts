import { describe, expect, expectTypeOf, test } from "vitest";
import { startTestGateway } from "../../gateway/src/testing/start-test-gateway.ts";
import { testStores, type TestStores } from "../../gateway/src/testing/open-test-stores.ts";
import {
  BadRequest,
  Conflict,
  Evergate,
  Forbidden,
  isEvergateProblem,
  NotFound,
  Unauthenticated,
  Unprocessable,
  VersionMismatch,
  type CreatedPartner,
  type EvergateEvent,
  type EvergateOptions,
  type Fetch,
  type Product,
} from "./index.ts";

interface Setting {
  readonly operator: Evergate;
  readonly partner: CreatedPartner;
  readonly product: Product;
  /** The partner's own client. */
  readonly evergate: Evergate;
  connect(options: Partial<EvergateOptions>): Evergate;
  /** The gateway itself. */
  readonly fetch: Fetch;
}

/** A gateway with one product, its price, and an xSP in a sandbox at the worked examples' instant. */
async function startSetting(stores: TestStores): Promise<Setting> {
  const gateway = await startTestGateway(stores);
  const connect = (options: Partial<EvergateOptions>): Evergate =>
    new Evergate({
      apiKey: gateway.operatorKey,
      baseUrl: gateway.baseUrl,
      fetch: gateway.fetch,
      ...options,
    });
  const operator = connect({});
  const product = await operator.products.create({
    code: "KES-CLOUD",
    name: "Kaspersky Endpoint Security Cloud, User",
    unit: "user",
    minQuantity: 1,
    maxQuantity: 10_000,
  });
  await operator.prices.create({
    product: product.id,
    channel: "xsp",
    currency: "EUR",
    unitPrice: "2.00",
    validFrom: "2026-01-01",
  });
  const partner = await operator.partners.create({
    name: "Danube Telecom",
    type: "xsp",
    industry: "isp",
    currency: "EUR",
    timeZone: "Europe/Bratislava",
    billingPeriod: "calendar_month",
    taxRate: "20",
    mode: "sandbox",
    clock: "2026-11-24T09:00:00Z",
  });
  return {
    operator,
    partner,
    product,
    evergate: connect({ apiKey: partner.apiKey.secret }),
    connect,
    fetch: gateway.fetch,
  };
}

async function listAll<Item>(list: AsyncIterable<Item>): Promise<Item[]> {
  const items: Item[] = [];
  for await (const item of list) items.push(item);
  return items;
}

describe.each(testStores)("with a gateway on $name", (stores) => {
  test("a subscription's whole life", async () => {
    const { evergate, product } = await startSetting(stores);
    const { subscriptions, sandbox } = evergate;

    const created = await subscriptions.create({
      customer: { externalId: "S-1001", name: "Hotel Carpathia" },
      product: "code:KES-CLOUD",
      quantity: 10,
      externalId: "S-1001/1",
      trial: { days: 7 },
    });
    expect(created).toMatchObject({
      status: "trialing",
      product: product.id,
      quantity: 10,
      version: 1,
    });
    expectTypeOf(created.status).toEqualTypeOf<
      "scheduled" | "trialing" | "active" | "paused" | "canceled" | "expired"
    >();

    await sandbox.advanceClock({ to: "2026-12-01T00:00:00Z" });
    expect(await sandbox.getClock()).toEqual({ now: "2026-12-01T00:00:00Z" });
    const active = await subscriptions.get("ext:S-1001/1");
    expect(active.status).toBe("active");
    const larger = await subscriptions.update(
      created.id,
      { quantity: 25 },
      { ifMatch: active.version },
    );
    expect(larger.quantity).toBe(25);
    await subscriptions.update(created.id, { quantity: 5, effective: "next_period" });
    expect(
      (await subscriptions.withdrawScheduledChange(created.id, { of: "quantity" })).scheduledChange,
    ).toBeNull();
    expect((await subscriptions.pause(created.id, { days: 3 })).status).toBe("paused");
    expect((await subscriptions.resume(created.id)).status).toBe("active");
    expect(
      (await subscriptions.cancel(created.id, { effective: "period_end" })).cancellation,
    ).not.toBeNull();
    expect((await subscriptions.withdrawCancellation(created.id)).cancellation).toBeNull();
    expect((await subscriptions.cancel(created.id, { effective: "now" })).status).toBe("canceled");
    expect((await subscriptions.reactivate(created.id)).status).toBe("active");

    const upcoming = await evergate.bills.getUpcoming();
    await sandbox.advanceClock({ to: "2027-01-02T00:00:00Z" });
    const [bill] = (await evergate.bills.list({ month: "2026-12" })).data;
    expect(bill).toMatchObject({ net: upcoming.net, total: upcoming.total, lineCount: 1 });
    expect(await evergate.bills.get(bill!.id)).toEqual(bill);
    const lines = await listAll(evergate.bills.listLines(bill!.id));
    expect(lines).toMatchObject([{ quantity: 25, unitPrice: "2.00", bill: bill!.id }]);
    expect(await listAll(subscriptions.listCharges(created.id))).toEqual(lines);
    expect(
      await listAll(evergate.charges.list({ month: "2026-12", subscription: created.id })),
    ).toEqual(lines);
    const history = await listAll(subscriptions.listHistory("ext:S-1001/1", { limit: 3 }));
    expect(history.at(-1)).toMatchObject({ action: "createSubscription", before: null });
    expect(history.map(({ action }) => action)).toContain("pauseSubscription");
    expect(await subscriptions.get(created.id, { asOf: created.createdAt })).toEqual({
      ...created,
      provisioning: null,
    });

    const { reports } = evergate;
    const december = { month: "2026-12" };
    expect(await listAll(reports.listActiveSubscriptions(december))).toMatchObject([
      { subscription: created.id, quantity: 25, daysInService: 31, status: "active" },
    ]);
    expect(await reports.getActiveSubscriptionTotals(december)).toMatchObject({
      isOver: true,
      products: [{ product: product.id, quantity: 25 }],
    });
    expect(await listAll(reports.listReconciliation(december))).toMatchObject([
      { charge: lines[0]!.id, billNumber: bill!.number, amount: bill!.net },
    ]);
  });

  test("lists are read by the page, or walked through with the same filters to their end", async () => {
    const { evergate } = await startSetting(stores);
    const names = Array.from({ length: 7 }, (_, index) => `Customer ${index}`);
    for (const name of names) await evergate.customers.create({ name });
    const newestFirst = names.toReversed();

    const page = await evergate.customers.list({ limit: 3 });
    expect(page.data.map(({ name }) => name)).toEqual(newestFirst.slice(0, 3));
    const next = await evergate.customers.list({ limit: 3, after: page.nextCursor! });
    expect(next.data.map(({ name }) => name)).toEqual(newestFirst.slice(3, 6));

    expect((await listAll(evergate.customers.list({ limit: 2 }))).map(({ name }) => name)).toEqual(
      newestFirst,
    );
    const rest = await listAll(evergate.customers.list({ limit: 2, after: page.nextCursor! }));
    expect(rest.map(({ name }) => name)).toEqual(newestFirst.slice(3));

    const list = evergate.customers.list({ limit: 4 });
    expect((await list).data).toHaveLength(4);
    expect(await listAll(list)).toHaveLength(7);
  });

  test("events come in one order, and can be taken up again after any of them", async () => {
    const { evergate } = await startSetting(stores);
    const customer = await evergate.customers.create({ name: "Hotel Carpathia" });
    const { id } = await evergate.subscriptions.create({
      customer: customer.id,
      product: "code:KES-CLOUD",
      quantity: 1,
    });
    await evergate.sandbox.advanceClock({ to: "2027-02-01T00:00:00Z" });

    const all = await listAll(evergate.events.list({ limit: 3 }));
    const sequences = all.flatMap((event) =>
      "sequence" in event.data && event.type !== "customer.created" ? [event.data.sequence] : [],
    );
    expect(sequences).toEqual(sequences.map((_, index) => index + 1));
    expect(await evergate.events.get(all[2]!.id)).toEqual(all[2]);

    const taken: EvergateEvent[] = [];
    for await (const event of evergate.events.list({ limit: 2 })) {
      taken.push(event);
      if (taken.length === 5) break;
    }
    for await (const event of evergate.events.list({ limit: 2, after: taken.at(-1)!.id }))
      taken.push(event);
    expect(taken).toEqual(all);

    expect(await listAll(evergate.events.list({ after: all.at(-1)!.id }))).toEqual([]);
    await evergate.subscriptions.update(id, { quantity: 2 });
    const [more] = await listAll(evergate.events.list({ after: all.at(-1)!.id }));
    expect(more).toMatchObject({
      type: "subscription.quantity_changed",
      data: { quantity: 2, previous: { quantity: 1 } },
    });
    expect(await listAll(evergate.events.list({ type: "bill.*" }))).toHaveLength(3);
  });

  test("one idempotencyKey: carried out once, however often it is called", async () => {
    const { evergate } = await startSetting(stores);
    const create = (name: string) =>
      evergate.customers.create({ name }, { idempotencyKey: "order-4711" });
    const first = await create("Hotel Carpathia");
    expect(await create("Hotel Carpathia")).toEqual(first);
    expect(await listAll(evergate.customers.list())).toEqual([first]);
    await expect(create("Hotel Tatra")).rejects.toSatisfy((error) =>
      isEvergateProblem(error, "idempotency_key_reused"),
    );
  });

  test("an answer that gets lost on the way: the try after it finds the work done, once", async () => {
    const { evergate, partner, connect, fetch } = await startSetting(stores);
    let lost = 0;
    const lossy = connect({
      apiKey: partner.apiKey.secret,
      fetch: async (request) => {
        const response = await fetch(request);
        if (lost > 0) return response;
        lost += 1;
        throw new TypeError("fetch failed");
      },
    });
    const customer = await lossy.customers.create({ name: "Hotel Carpathia" });
    expect(lost).toBe(1);
    expect(await listAll(evergate.customers.list())).toEqual([customer]);
  });

  test("an operator acts for a partner, by the client or by the call, and is on record by name", async () => {
    const { operator, partner, connect } = await startSetting(stores);
    await expect(operator.customers.list()).rejects.toMatchObject({
      status: 400,
      code: "partner_required",
    });
    const customer = await operator.customers.create(
      { name: "Hotel Carpathia" },
      { partner: partner.id, actor: "Eva Horváthová" },
    );
    const acting = connect({ partner: partner.id });
    expect(await listAll(acting.customers.list())).toEqual([customer]);
    expect(await acting.partners.getOwn()).toMatchObject({ id: partner.id });
    const [entry] = (await acting.auditLog.list({ actor: "Eva Horváthová" })).data;
    expect(entry).toMatchObject({
      action: "createCustomer",
      subject: customer.id,
      partner: partner.id,
    });
    const own = await listAll(acting.auditLog.list({}, { partner: null }));
    expect(own.map(({ action }) => action)).toContain("createPartner");
  });

  test("refusals are problems of their own kinds", async () => {
    const { evergate, operator, connect } = await startSetting(stores);
    const { subscriptions } = evergate;
    const { id, version } = await subscriptions.create({
      customer: { name: "Hotel Carpathia" },
      product: "code:KES-CLOUD",
      quantity: 10,
    });

    await expect(connect({ apiKey: "evg_partner_nobody" }).customers.list()).rejects.toBeInstanceOf(
      Unauthenticated,
    );
    await expect(evergate.partners.list()).rejects.toBeInstanceOf(Forbidden);
    await expect(subscriptions.get("ext:../..?x")).rejects.toBeInstanceOf(NotFound);
    await expect(subscriptions.resume(id)).rejects.toSatisfy(
      (error) => error instanceof Conflict && error.code === "subscription_not_paused",
    );
    await expect(
      subscriptions.cancel(id, { effective: "now" }, { ifMatch: version + 7 }),
    ).rejects.toBeInstanceOf(VersionMismatch);
    await expect(subscriptions.update(id, { quantity: 20_000 })).rejects.toMatchObject({
      code: "quantity_out_of_range",
      minimum: 1,
      maximum: 10_000,
    });
    await expect(subscriptions.update(id, { quantity: 20_000 })).rejects.toBeInstanceOf(
      Unprocessable,
    );
    const malformed: unknown = await operator.products
      .create({ code: "x", name: "", unit: "user", minQuantity: 0, maxQuantity: 1 })
      .catch((error: unknown) => error);
    expect(malformed).toBeInstanceOf(BadRequest);
    expect(malformed).toMatchObject({
      requestId: expect.stringMatching(/^req_/),
      errors: expect.arrayContaining([{ pointer: "/name", detail: expect.any(String) }]),
    });
  });

  test("prepaid licences: one by one and by file; a subscription waits for their end", async () => {
    const { evergate, product } = await startSetting(stores);
    const { customers, prepaidLicences, subscriptions } = evergate;
    const { id: customer } = await customers.create({ name: "Hotel Carpathia", externalId: "S-1" });
    const licence = await prepaidLicences.create({
      customer: "ext:S-1",
      product: "code:KES-CLOUD",
      quantity: 25,
      endsOn: "2027-01-31",
    });
    const header = "customer,product,quantity,startsOn,endsOn,externalId";
    const imported = await prepaidLicences.import(
      `${header}\next:S-1,code:KES-CLOUD,25,2027-02-01,2027-02-28,"Žilina, 1"\n`,
    );
    expect(imported).toEqual({ imported: 1 });
    const [second] = await listAll(prepaidLicences.list({ customer, product: product.id }));
    expect(second?.externalId).toBe("Žilina, 1");
    await expect(
      prepaidLicences.import(`${header}\next:S-2,code:KES-CLOUD,0,,2027-02-28,\n`),
    ).rejects.toMatchObject({
      code: "malformed_request",
      errors: [{ pointer: "/rows/2/quantity" }],
    });
    const order = { customer, product: product.id, quantity: 5 };
    await expect(subscriptions.create(order)).rejects.toMatchObject({
      code: "prepaid_licence_held",
      availableFrom: "2027-02-28T23:00:00Z",
    });
    const waiting = await subscriptions.create({ ...order, startsAt: "when_prepaid_ends" });
    expect(waiting).toMatchObject({ status: "scheduled", startsAt: "2027-02-28T23:00:00Z" });
    expect(await prepaidLicences.delete("ext:Žilina, 1")).toBeUndefined();
    await prepaidLicences.update(licence.id, { endsOn: "2027-01-15" });
    expect((await prepaidLicences.get(licence.id)).endsOn).toBe("2027-01-15");
    expect((await subscriptions.get(waiting.id)).startsAt).toBe("2027-01-15T23:00:00Z");
  });

  test("catalogue, partners, keys, endpoints and system", async () => {
    const { operator, partner, product, evergate, connect } = await startSetting(stores);
    expect(await operator.products.get("code:KES-CLOUD")).toEqual(product);
    expect((await operator.products.update(product.id, { maxQuantity: 20_000 })).maxQuantity).toBe(
      20_000,
    );
    expect(await listAll(operator.products.list())).toHaveLength(1);
    expect(await listAll(evergate.prices.list({ product: product.id }))).toMatchObject([
      { unitPrice: "2.00" },
    ]);
    expect(await listAll(operator.partners.list())).toMatchObject([{ id: partner.id }]);
    expect((await operator.partners.update(partner.id, { name: "Danube" })).name).toBe("Danube");
    expect((await operator.partners.get(partner.id)).name).toBe("Danube");

    const key = await operator.apiKeys.create({
      kind: "partner",
      partner: partner.id,
      name: "Reader",
      scopes: ["read"],
    });
    const rolled = await operator.apiKeys.roll(key.id, { overlapSeconds: 0 });
    await expect(connect({ apiKey: key.secret }).customers.list()).rejects.toBeInstanceOf(
      Unauthenticated,
    );
    expect(await listAll(connect({ apiKey: rolled.secret }).customers.list())).toEqual([]);
    expect(await operator.apiKeys.revoke(rolled.id)).toBeUndefined();
    expect(await listAll(operator.apiKeys.list({ partner: partner.id }))).toHaveLength(3);

    const customer = await evergate.customers.create({
      name: "Hotel Carpathia",
      externalId: "S-1001",
    });
    expect((await evergate.customers.update("ext:S-1001", { email: "it@example.com" })).email).toBe(
      "it@example.com",
    );
    expect((await evergate.customers.get(customer.id)).email).toBe("it@example.com");
    expect(await listAll(evergate.subscriptions.list({ customer: "ext:S-1001" }))).toEqual([]);

    const endpoint = await evergate.webhookEndpoints.create({
      url: "https://hooks.example.com/evergate",
      eventTypes: ["*"],
    });
    expect(endpoint.secret).toMatch(/^whsec_/);
    expect((await evergate.webhookEndpoints.update(endpoint.id, { enabled: false })).enabled).toBe(
      false,
    );
    expect(await listAll(evergate.webhookEndpoints.list())).toEqual([
      await evergate.webhookEndpoints.get(endpoint.id),
    ]);
    expect(await listAll(evergate.webhookEndpoints.listAttempts(endpoint.id))).toEqual([]);
    expect(await listAll(evergate.webhookEndpoints.listDeliveries(endpoint.id))).toEqual([]);
    await evergate.webhookEndpoints.delete(endpoint.id);
    await expect(evergate.webhookEndpoints.get(endpoint.id)).rejects.toBeInstanceOf(NotFound);

    expect(await operator.system.getHealth()).toEqual({ status: "ok" });
    expect(await operator.system.getReadiness()).toEqual({ status: "ready" });
  });
});
