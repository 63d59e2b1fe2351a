import type { components } from "../generated/api.ts";
import { makeId } from "../ids.ts";
import { apiOf, type Api } from "../testing/api.ts";
import type { TestGateway } from "../testing/start-test-gateway.ts";

type Schemas = components["schemas"];

/** The time in the scene's sandboxes: that of the contract's examples. */
export const sceneNow = "2026-11-24T09:00:00Z";

/** One partner with data of every kind. */
export interface Side {
  readonly name: string;
  readonly key: string;
  readonly api: Api;
  /** What stands for each path parameter of the contract. */
  readonly ids: Readonly<Record<string, string>>;
  readonly customerExternalId: string;
  readonly subscriptionExternalId: string;
  readonly licenceExternalId: string;
}

/** A gateway with a catalogue and two partners that know nothing of each other. */
export interface Scene {
  readonly gateway: TestGateway;
  readonly operator: Api;
  readonly product: Schemas["Product"];
  /** Another product that has a price, and one that has none. */
  readonly second: Schemas["Product"];
  readonly unpriced: Schemas["Product"];
  readonly one: Side;
  readonly other: Side;
}

export async function makeScene(gateway: TestGateway): Promise<Scene> {
  const operator = apiOf(gateway);
  const product = await makeProduct(operator, "BASE", "2.00");
  const second = await makeProduct(operator, "SECOND", "3.00");
  const unpriced = await makeProduct(operator, "UNPRICED", null);
  return {
    gateway,
    operator,
    product,
    second,
    unpriced,
    one: await makeSide(gateway, operator, product.id, "Danube"),
    other: await makeSide(gateway, operator, product.id, "Vltava"),
  };
}

async function makeProduct(
  operator: Api,
  code: string,
  unitPrice: string | null,
): Promise<Schemas["Product"]> {
  const product = await operator.ask<Schemas["Product"]>("POST", "/v1/products", {
    code,
    name: `Product ${code}`,
    unit: "user",
    minQuantity: 2,
    maxQuantity: 10_000,
  });
  if (unitPrice === null) return product;
  for (const channel of ["reseller", "msp", "xsp"])
    await operator.ask("POST", "/v1/prices", {
      product: product.id,
      channel,
      currency: "EUR",
      unitPrice,
      validFrom: "2026-01-01",
    });
  return product;
}

/** A customer of its own for a prepaid licence, which would keep others from subscribing (R14). */
export async function makePrepaidCustomer(api: Api, name: string): Promise<string> {
  const customer = await api.ask<Schemas["Customer"]>("POST", "/v1/customers", {
    name: `Prepaid of ${name}`,
  });
  return customer.id;
}

/** An xSP in a sandbox, whose October has been settled: a customer, a subscription, a charge, a bill and a credit note, events, an endpoint, an attempt and a replay; another customer with a prepaid licence. */
async function makeSide(
  gateway: TestGateway,
  operator: Api,
  product: string,
  name: string,
): Promise<Side> {
  const partner = await operator.ask<Schemas["CreatedPartner"]>("POST", "/v1/partners", {
    name: `${name} Telecom`,
    type: "xsp",
    currency: "EUR",
    timeZone: "Europe/Bratislava",
    billingPeriod: "calendar_month",
    trialLimit: { months: 2 },
    mode: "sandbox",
    clock: "2026-10-10T09:00:00Z",
    metadata: { of: name },
  });
  const key = partner.apiKey.secret;
  const api = apiOf(gateway, key);
  const customerExternalId = `${name}-1001`;
  const subscriptionExternalId = `${name}-1001/1`;
  const customer = await api.ask<Schemas["Customer"]>("POST", "/v1/customers", {
    externalId: customerExternalId,
    name: `Hotel ${name}`,
    email: `it@${name.toLowerCase()}.example`,
    metadata: { of: name },
  });
  const endpoint = await api.ask<Schemas["CreatedWebhookEndpoint"]>(
    "POST",
    "/v1/webhook-endpoints",
    {
      url: `https://hooks.example.com/${name}`,
      eventTypes: ["*"],
      description: `Of ${name}`,
      receipts: { eventTypes: ["subscription.*"], within: { minutes: 60 } },
    },
  );
  const subscription = await api.ask<Schemas["Subscription"]>("POST", "/v1/subscriptions", {
    customer: customer.id,
    product,
    quantity: 10,
    externalId: subscriptionExternalId,
    trial: "none",
    metadata: { of: name },
  });
  const licence = await api.ask<Schemas["PrepaidLicence"]>("POST", "/v1/prepaid-licences", {
    customer: await makePrepaidCustomer(api, name),
    product,
    quantity: 5,
    endsOn: "2027-11-30",
    externalId: `${name}-LIC`,
  });
  await api.ask("POST", "/v1/sandbox/clock/advance", { to: sceneNow });
  const replays = `/v1/webhook-endpoints/${endpoint.id}/replays`;
  const replay = await api.ask<Schemas["WebhookReplay"]>("POST", replays, { only: "failed" });
  // An endpoint has one at a time.
  await api.ask("POST", `${replays}/${replay.id}/cancel`);
  const { data: bills } = await api.ask<Schemas["BillList"]>("GET", "/v1/bills");
  const { data: events } = await api.ask<Schemas["EventList"]>("GET", "/v1/events");
  const { data: settlements } = await operator.ask<Schemas["SettlementList"]>(
    "GET",
    `/v1/settlements?partner=${partner.id}`,
  );
  const { data: charges } = await api.ask<Schemas["ChargeList"]>("GET", "/v1/charges");
  const [bill] = bills;
  const [charge] = charges;
  const [event] = events;
  if (bill === undefined || charge === undefined || event === undefined)
    throw new Error(`${name} has no bill or no event.`);
  const creditNote = await operator.ask<Schemas["CreditNote"]>(
    "POST",
    `/v1/bills/${bill.id}/credit-notes`,
    { lines: [{ charge: charge.id, amount: "1.00" }], reason: `Agreed with ${name}` },
    { headers: { "evergate-partner": partner.id } },
  );
  const { store } = gateway;
  await store.transaction((tx) =>
    tx
      .insertInto("webhook_attempts")
      .values({
        partner: partner.id,
        endpoint: endpoint.id,
        id: makeId("attempt"),
        event: event.id,
        number: 1,
        attempted_at: Date.parse(sceneNow),
        duration_ms: 12,
        outcome: "failed",
        response_status: 500,
        response_excerpt: null,
        address: null,
        error: null,
        is_given_up: 0,
      })
      .execute(),
  );
  return {
    name,
    key,
    api,
    customerExternalId,
    subscriptionExternalId,
    licenceExternalId: `${name}-LIC`,
    ids: {
      productId: product,
      partnerId: partner.id,
      keyId: partner.apiKey.id,
      customerId: customer.id,
      subscriptionId: subscription.id,
      billId: bill.id,
      chargeId: charge.id,
      creditNoteId: creditNote.id,
      settlementId: settlements[0]?.id ?? "",
      eventId: event.id,
      endpointId: endpoint.id,
      replayId: replay.id,
      prepaidLicenceId: licence.id,
    },
  };
}
