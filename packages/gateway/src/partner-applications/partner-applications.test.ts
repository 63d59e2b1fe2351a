import { toInstant } from "@evergate/core";
import pino from "pino";
import { describe, expect, onTestFinished, test } from "vitest";
import { dumpTables } from "../conformance/dump-tables.ts";
import { createGateway } from "../create-gateway.ts";
import type { components } from "../generated/api.ts";
import { makeId } from "../ids.ts";
import { listen } from "../server/listen.ts";
import { insertApplication, type PartnerApplication } from "../store/partner-applications.ts";
import { apiOf, type Api, type Reply } from "../testing/api.ts";
import { testStores } from "../testing/open-test-stores.ts";
import {
  startTestGateway,
  testNow,
  testSecretKey,
  type TestGateway,
} from "../testing/start-test-gateway.ts";
import { undecidedAtMost } from "./create-partner-application.ts";

type Schemas = components["schemas"];
type Input = Schemas["PartnerApplicationInput"];

const company: Input["company"] = {
  legalName: "Tatra IT, s.r.o.",
  addressLines: ["Hlavná 7"],
  postalCode: "058 01",
  city: "Poprad",
  country: "SK",
  vatId: "SK 2022749619",
};
const contact = { name: "Eva Horváthová", email: "eva@tatra-it.example" };
const msp: NonNullable<Input["msp"]> = {
  technicians: 12,
  managedEndpoints: 2_400,
  tools: ["NinjaOne", "HaloPSA"],
  services: ["managed_security", "help_desk"],
  helpDesk: "business_hours",
};
const xsp: NonNullable<Input["xsp"]> = { industry: "isp", subscribers: 380_000 };
const terms = {
  currency: "EUR",
  timeZone: "Europe/Bratislava",
  billingPeriod: "calendar_month",
  mode: "live",
};

/** What came, or why it did not. */
type Answered = Pick<Schemas["ReceivedApplication"], "id" | "createdAt"> &
  Pick<Schemas["Problem"], "code" | "errors">;

/** Applies as anybody does: without a key. */
async function apply(gateway: TestGateway, input: unknown): Promise<Reply<Answered>> {
  const response = await gateway.fetch(
    new Request(`${gateway.baseUrl}/v1/partner-applications`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(input),
    }),
  );
  return {
    status: response.status,
    headers: response.headers,
    body: (await response.json()) as Answered,
  };
}

const order = <T>(api: Api, id: string, action: string, body?: unknown): Promise<Reply<T>> =>
  api.call<T>("POST", `/v1/partner-applications/${id}/${action}`, body);

describe.each(testStores)("an application on $name", (stores) => {
  test("applied, in review, approved, and live with the first subscription", async () => {
    const gateway = await startTestGateway(stores);
    const operator = apiOf(gateway);
    const received = await apply(gateway, { type: "msp", company, contact, msp });
    // What is answered to anybody says nothing but that it came.
    expect(received.status).toBe(201);
    expect(received.body).toEqual({
      id: received.body.id,
      status: "applied",
      createdAt: "2026-11-24T09:00:00Z",
    });
    const { id } = received.body;
    expect(await operator.ask("GET", `/v1/partner-applications/${id}`)).toMatchObject({
      status: "applied",
      type: "msp",
      company: { legalName: "Tatra IT, s.r.o.", vatId: "SK2022749619", email: null },
      contact: { ...contact, position: null, phone: null },
      msp,
      xsp: null,
      reviewedAt: null,
      partner: null,
    });
    gateway.setNow(toInstant(testNow + 3_600_000));
    expect((await order(operator, id, "review")).body).toMatchObject({
      status: "in_review",
      reviewedAt: "2026-11-24T10:00:00Z",
    });
    const approved = await order<Schemas["CreatedPartner"]>(operator, id, "approve", {
      ...terms,
      taxRate: "20",
    });
    expect(approved.status).toBe(201);
    expect(approved.headers.get("cache-control")).toBe("no-store");
    expect(approved.body).toMatchObject({
      name: "Tatra IT, s.r.o.",
      type: "msp",
      status: "approved",
      company: { legalName: "Tatra IT, s.r.o.", vatId: "SK2022749619" },
      taxRate: "20",
    });
    expect(await operator.ask("GET", `/v1/partner-applications/${id}`)).toMatchObject({
      status: "approved",
      decidedAt: "2026-11-24T10:00:00Z",
      partner: approved.body.id,
    });

    const product = await operator.ask<Schemas["Product"]>("POST", "/v1/products", {
      code: "A",
      name: "A",
      unit: "user",
      minQuantity: 1,
      maxQuantity: 100,
    });
    await operator.ask("POST", "/v1/prices", {
      product: product.id,
      channel: "msp",
      currency: "EUR",
      unitPrice: "2.00",
      validFrom: "2026-01-01",
    });
    const api = apiOf(gateway, approved.body.apiKey.secret);
    await api.ask("POST", "/v1/subscriptions", {
      customer: { name: "Hotel Carpathia" },
      product: product.id,
      quantity: 10,
    });
    expect(await api.ask("GET", "/v1/partner")).toMatchObject({ status: "live" });
    const { data: events } = await api.ask<Schemas["EventList"]>(
      "GET",
      "/v1/events?type=partner.*",
    );
    expect(events.map(({ type }) => type)).toEqual(["partner.approved"]);

    const { data: record } = await operator.ask<Schemas["AuditEntryList"]>(
      "GET",
      `/v1/audit-log?subject=${id}`,
    );
    expect(
      record.map(
        ({ action, actor, after }) => `${action} by ${actor}: ${String(after?.["status"])}`,
      ),
    ).toEqual([
      "approvePartnerApplication by Operator: approved",
      "reviewPartnerApplication by Operator: in_review",
      "createPartnerApplication by applicant: applied",
    ]);
    // The key's secret is in no table, nor in the record.
    expect(JSON.stringify(await dumpTables(gateway.store))).not.toContain(
      approved.body.apiKey.secret,
    );
  });

  test("an xSP's trade becomes the partner's; a reseller is asked nothing besides", async () => {
    const gateway = await startTestGateway(stores);
    const operator = apiOf(gateway);
    const partners = [];
    for (const asked of [{ type: "xsp", xsp }, { type: "reseller" }]) {
      const { body } = await apply(gateway, { company, contact, ...asked });
      await order(operator, body.id, "review");
      const { body: made } = await order<Schemas["CreatedPartner"]>(operator, body.id, "approve", {
        ...terms,
        name: "Short name",
      });
      partners.push(made);
    }
    expect(partners).toMatchObject([
      { type: "xsp", industry: "isp", name: "Short name" },
      { type: "reseller", industry: null },
    ]);
  });

  test("rejected it stays on record, and the company may apply anew", async () => {
    const gateway = await startTestGateway(stores);
    const operator = apiOf(gateway);
    const input = { type: "reseller", company, contact };
    const { body: first } = await apply(gateway, input);
    expect(
      (await order(operator, first.id, "reject", { reason: "The company is in liquidation." }))
        .body,
    ).toMatchObject({
      status: "rejected",
      rejectionReason: "The company is in liquidation.",
      decidedAt: "2026-11-24T09:00:00Z",
      partner: null,
    });
    const again = await apply(gateway, input);
    expect(again.status).toBe(201);
    const listed = async (status: string): Promise<readonly string[]> =>
      (
        await operator.ask<Schemas["PartnerApplicationList"]>(
          "GET",
          `/v1/partner-applications?status=${status}`,
        )
      ).data.map(({ id }) => id);
    expect(await listed("rejected")).toEqual([first.id]);
    expect(await listed("applied")).toEqual([again.body.id]);
    expect(await listed("approved")).toEqual([]);
  });

  test.each([
    ["an MSP without an MSP's answers", { type: "msp" }, "/msp"],
    ["an xSP without its answers", { type: "xsp" }, "/xsp"],
    ["a reseller with an MSP's answers", { type: "reseller", msp }, "/msp"],
    ["an MSP with an xSP's answers", { type: "msp", msp, xsp }, "/xsp"],
    ["no technicians", { type: "msp", msp: { ...msp, technicians: 0 } }, "/msp/technicians"],
    [
      "a website that is a script",
      { type: "reseller", website: "javascript:alert(1)" },
      "/website",
    ],
    [
      "a phone that is none",
      { type: "reseller", contact: { ...contact, phone: "call me" } },
      "/contact/phone",
    ],
    ["a message too long", { type: "reseller", message: "x".repeat(2_001) }, "/message"],
    ["a status of its own", { type: "reseller", status: "approved" }, "/status"],
  ])("400: %s", async (_, spoilt, pointer) => {
    const gateway = await startTestGateway(stores);
    const { status, body } = await apply(gateway, { company, contact, ...spoilt });
    expect(`${status} ${body.code}`).toBe("400 malformed_request");
    expect(body.errors?.map((error) => error.pointer)).toContain(pointer);
    expect((await dumpTables(gateway.store))["partner_applications"]).toEqual([]);
  });

  test("of many who decide at once, one does: one partner, one key", async () => {
    const gateway = await startTestGateway(stores);
    const operator = apiOf(gateway);
    const { body } = await apply(gateway, { type: "reseller", company, contact });
    const reviews = await Promise.all(
      Array.from({ length: 4 }, () => order(operator, body.id, "review")),
    );
    expect(reviews.map(({ status }) => status).toSorted()).toEqual([200, 409, 409, 409]);
    const decisions = await Promise.all([
      ...Array.from({ length: 4 }, () => order(operator, body.id, "approve", terms)),
      order(operator, body.id, "reject", { reason: "Too late." }),
    ]);
    const won = decisions.filter(({ status }) => status < 300);
    expect(won).toHaveLength(1);
    expect(decisions.filter(({ status }) => status === 409)).toHaveLength(4);
    const { data } = await operator.ask<Schemas["PartnerList"]>("GET", "/v1/partners");
    expect(data).toHaveLength(won[0]?.status === 201 ? 1 : 0);
  });

  test("what is wrong with the operator's terms leaves it in review, and makes nothing", async () => {
    const gateway = await startTestGateway(stores);
    const operator = apiOf(gateway);
    const { body } = await apply(gateway, { type: "reseller", company, contact });
    await order(operator, body.id, "review");
    const before = await dumpTables(gateway.store);
    const refused = await order<Schemas["Problem"]>(operator, body.id, "approve", {
      ...terms,
      timeZone: "Europe/Atlantis",
    });
    expect(`${refused.status} ${refused.body.code}`).toBe("422 time_zone_unknown");
    expect(await dumpTables(gateway.store)).toEqual(before);
    expect((await order(operator, body.id, "approve", terms)).status).toBe(201);
  });

  test("with a key or without, known company or not: the answer is the same, and no key of a partner reads any", async () => {
    const gateway = await startTestGateway(stores);
    const operator = apiOf(gateway);
    const input = { type: "reseller", company, contact };
    const { body } = await apply(gateway, input);
    await order(operator, body.id, "review");
    const { body: partner } = await order<Schemas["CreatedPartner"]>(operator, body.id, "approve", {
      ...terms,
    });
    const again = await apply(gateway, input);
    expect(Object.keys(again.body)).toEqual(Object.keys(body));
    expect(again.status).toBe(201);
    const asPartner = apiOf(gateway, partner.apiKey.secret);
    for (const path of ["", `/${body.id}`, `/${again.body.id}`]) {
      const reply = await asPartner.call<Schemas["Problem"]>(
        "GET",
        `/v1/partner-applications${path}`,
      );
      expect(`${reply.status} ${reply.body.code}`).toBe("403 forbidden");
    }
  });

  test.each([
    [
      "behind a proxy that is trusted, each client has its own share",
      ["127.0.0.1"],
      [201, 201, 429],
    ],
    ["from elsewhere, claiming other addresses helps nobody", [], [201, 429, 429]],
  ] as const)("429: %s", async (_, trustedProxies, statuses) => {
    const store = await stores.open();
    const { app } = createGateway({
      store,
      log: pino({ level: "silent" }),
      secretKey: testSecretKey,
      settings: { privateWebhooks: false, trustedProxies, applicationsPerHour: 10 },
      now: () => testNow,
    });
    const listener = await listen((request, env) => app.fetch(request, env), {
      host: "127.0.0.1",
      port: 0,
    });
    onTestFinished(async () => {
      await listener.stop(0);
      await store.close();
    });
    const answered: number[] = [];
    for (const client of ["203.0.113.7", "203.0.113.8", "203.0.113.8"]) {
      const response = await fetch(`${listener.url}/v1/partner-applications`, {
        method: "POST",
        headers: { "content-type": "application/json", "x-forwarded-for": client },
        body: JSON.stringify({ type: "reseller", company, contact }),
      });
      answered.push(response.status);
    }
    expect(answered).toEqual(statuses);
    // No address is kept of anybody.
    expect(JSON.stringify(await dumpTables(store))).not.toContain("203.0.113");
  });

  test("429: no more wait for a decision than the operator can read, whoever they are and however they come", async () => {
    const gateway = await startTestGateway(stores);
    const operator = apiOf(gateway);
    const waiting = (status: PartnerApplication["status"]): PartnerApplication => ({
      id: makeId("application"),
      status,
      type: "reseller",
      answers: {
        company: {
          ...company,
          vatId: null,
          registrationNumber: null,
          email: null,
          postalCode: null,
        },
        legalForm: null,
        contact: { ...contact, position: null, phone: null },
        website: null,
        expectedCustomers: null,
        expectedQuantity: null,
        message: null,
        msp: null,
        xsp: null,
      },
      createdAt: testNow,
      reviewedAt: null,
      decidedAt: null,
      rejectionReason: null,
      partner: null,
    });
    await gateway.store.transaction(async (tx) => {
      for (let count = 0; count < undecidedAtMost - 2; count++)
        await insertApplication(tx, waiting(count % 2 === 0 ? "applied" : "in_review"));
      // Decided ones don't count.
      await insertApplication(tx, waiting("rejected"));
    });
    const input = { type: "reseller", company, contact };
    const replies = await Promise.all(Array.from({ length: 5 }, () => apply(gateway, input)));
    expect(replies.map(({ status }) => status).toSorted()).toEqual([201, 201, 429, 429, 429]);
    const refused = replies.find(({ status }) => status === 429);
    expect(refused?.body.code).toBe("rate_limited");
    expect(refused?.headers.get("retry-after")).toBe("3600");
    const taken = replies.find(({ status }) => status === 201)?.body.id ?? "";
    await order(operator, taken, "reject", { reason: "To make room." });
    expect((await apply(gateway, input)).status).toBe(201);
    expect((await apply(gateway, input)).status).toBe(429);
  });
});
