import type { components } from "../generated/api.ts";
import { toPartnerId } from "../ids.ts";
import type { Api } from "../testing/api.ts";
import { testNow } from "../testing/start-test-gateway.ts";
import { maximumChunk, takeReplayStep } from "../webhooks/replay/take-step.ts";
import { getOperation, type Json, type JsonObject } from "./contract.ts";
import {
  failDeliveryTo,
  makeFresh,
  makeRequest,
  registerLicence,
  subscribe,
  takeBill,
  takePartner,
  takeAnsweringEndpoint,
  takeApplication,
  takeReplay,
  takeReceipt,
  type RequestParts,
} from "./requests.ts";
import { makePrepaidCustomer, type Scene } from "./scene.ts";

type Schemas = components["schemas"];

/** One way to be refused by a rule or by the present state. */
export interface Refusal {
  readonly operation: string;
  readonly code: string;
  make(scene: Scene): Promise<RequestParts>;
}

/** Every problem code that only some operations have. What all have in common the suite makes by itself. */
export const refusals: readonly Refusal[] = [
  refusal("listEvents", "rate_limited", async ({ one: { api } }) => {
    const { data } = await api.ask<Schemas["EventList"]>("GET", "/v1/events?order=newest_first");
    const waiting = Array.from({ length: 9 }, async () =>
      api.call("GET", `/v1/events?wait=2&after=${data[0]?.id}`),
    );
    // As soon as one is refused, the others wait.
    await Promise.race(waiting);
    return { query: { wait: "1", after: data[0]?.id ?? "" } };
  }),
  refusal("createProduct", "product_code_taken", withBody({ code: "BASE" })),
  ...each(
    ["createProduct", "updateProduct"],
    "quantity_range_empty",
    withBody({ minQuantity: 50, maxQuantity: 10 }),
  ),
  refusal("createPrice", "price_exists", async (scene) =>
    withBody({ product: scene.product.id, channel: "xsp", validFrom: "2026-01-01" }),
  ),
  refusal("createPrice", "price_starts_in_past", async (scene) =>
    withBody({ product: scene.product.id, channel: "xsp", validFrom: "2026-01-02" }),
  ),
  refusal(
    "createPrice",
    "tiers_not_allowed",
    withBody({ channel: "xsp", tiers: [{ from: 50, discountPercent: "5" }] }),
  ),
  refusal(
    "createPrice",
    "tiers_not_ascending",
    withBody({
      channel: "msp",
      tiers: [
        { from: 50, discountPercent: "5" },
        { from: 50, discountPercent: "6" },
      ],
    }),
  ),
  ...each(["createPrice", "createPartner"], "currency_unknown", withBody({ currency: "QQQ" })),
  refusal("createPartner", "time_zone_unknown", withBody({ timeZone: "Europe/Atlantis" })),
  refusal("createPartner", "trial_terms_not_allowed", withBody({ type: "reseller" })),
  refusal("createPartner", "clock_not_allowed", withBody({ mode: "live" })),
  refusal("updatePartner", "time_zone_fixed", withBody({ timeZone: "Europe/Prague" })),
  refusal("createPartnerApplication", "vat_id_malformed", async (scene) => {
    const { body } = await makeRequest(scene, scene.one, getOperation("createPartnerApplication"));
    const { company } = body as { readonly company: JsonObject };
    return withBody({ company: { ...company, vatId: "SK1" } });
  }),
  ...each(
    ["reviewPartnerApplication", "approvePartnerApplication", "rejectPartnerApplication"],
    "application_decided",
    async (scene) => {
      const parts = await takeApplication(scene, scene.one);
      await scene.operator.ask(
        "POST",
        `/v1/partner-applications/${parts.path?.["applicationId"]}/reject`,
        { reason: "The company is in liquidation." },
      );
      return parts;
    },
  ),
  refusal("reviewPartnerApplication", "application_in_review", (scene) =>
    takeApplication(scene, scene.one, "review"),
  ),
  refusal("approvePartnerApplication", "application_not_in_review", (scene) =>
    takeApplication(scene, scene.one),
  ),
  refusal("approvePartnerApplication", "currency_unknown", withBody({ currency: "QQQ" })),
  refusal(
    "approvePartnerApplication",
    "time_zone_unknown",
    withBody({ timeZone: "Europe/Atlantis" }),
  ),
  refusal(
    "approvePartnerApplication",
    "trial_terms_not_allowed",
    withBody({ defaultTrial: { days: 14 } }),
  ),
  refusal("approvePartnerApplication", "trial_exceeds_limit", async (scene) => {
    const { body } = await makeRequest(scene, scene.one, getOperation("createPartnerApplication"));
    const { msp: _, ...asked } = body as JsonObject;
    const { id } = await scene.operator.ask<Schemas["ReceivedApplication"]>(
      "POST",
      "/v1/partner-applications",
      { ...asked, type: "xsp", xsp: { industry: "isp", subscribers: 380_000 } },
    );
    await scene.operator.ask("POST", `/v1/partner-applications/${id}/review`);
    return { path: { applicationId: id }, ...withBody({ trialLimit: { months: 3 } }) };
  }),
  refusal(
    "approvePartnerApplication",
    "reverse_charge_not_allowed",
    withBody({ reverseCharge: true }),
  ),
  refusal(
    "approvePartnerApplication",
    "clock_not_allowed",
    withBody({ mode: "live", clock: "2026-11-24T09:00:00Z" }),
  ),
  refusal("suspendPartner", "partner_already_suspended", async (scene) =>
    onPartner(await takePartner(scene), scene, ["suspend", { reason: "Bills are unpaid." }]),
  ),
  refusal("reinstatePartner", "partner_not_suspended", async (scene) =>
    onPartner(await takePartner(scene), scene),
  ),
  refusal("becomeMsp", "partner_not_reseller", async (scene) =>
    onPartner(await takePartner(scene, { type: "xsp" }), scene),
  ),
  refusal("becomeMsp", "msp_already_scheduled", async (scene) =>
    onPartner(await takePartner(scene, { type: "reseller" }), scene, ["become-msp"]),
  ),
  refusal("becomeMsp", "product_not_priced", async (scene) => {
    const partner = await takePartner(scene, { type: "reseller" });
    await subscribeTo(partner, await takeProductFor(scene, "reseller"));
    return onPartner(partner, scene);
  }),
  refusal("withdrawBecomingMsp", "msp_not_scheduled", async (scene) =>
    onPartner(await takePartner(scene, { type: "reseller" }), scene),
  ),
  refusal("withdrawBecomingMsp", "product_not_priced", async (scene) => {
    const partner = await takePartner(scene, { type: "reseller" });
    const parts = await onPartner(partner, scene, ["become-msp"]);
    // Free until December, and from then on at the prices of an MSP.
    await subscribeTo(partner, await takeProductFor(scene, "msp"));
    return parts;
  }),
  refusal("updatePartner", "trial_terms_not_allowed", async (scene) => {
    const { id } = await takePartner(scene, { type: "reseller" });
    return { path: { partnerId: id }, ...withBody({ defaultTrial: { days: 14 } }) };
  }),
  ...each(
    ["createPartner", "updatePartner"],
    "trial_exceeds_limit",
    withBody({ trialLimit: { months: 3 } }),
  ),
  ...each(
    ["createPartner", "updatePartner"],
    "vat_id_malformed",
    withBody({
      company: {
        legalName: "Elbe Systemhaus GmbH",
        addressLines: ["Budapester Straße 12"],
        city: "Dresden",
        country: "DE",
        vatId: "DE12345",
      },
    }),
  ),
  // The partner of the example has a VAT id of the operator's country, that of the scene none.
  ...each(
    ["createPartner", "updatePartner"],
    "reverse_charge_not_allowed",
    withBody({ reverseCharge: true }),
  ),
  refusal(
    "createApiKey",
    "partner_unknown",
    withBody({ partner: "partner_01m86ch3m0e3dbc8ahtjsnjy57" }),
  ),
  refusal("runSettlement", "settlement_failed", async (scene) => {
    const { id, api } = await takePartner(scene, { clock: "2026-10-10T09:00:00Z" });
    await api.ask("POST", "/v1/subscriptions", {
      customer: { name: "Of a broken partner" },
      product: scene.product.id,
      quantity: 10,
      trial: "none",
    });
    await scene.gateway.store.transaction((tx) =>
      tx
        .updateTable("partners")
        .set({ tax_rate: "broken by other hands", clock_at: Date.parse("2026-10-31T23:00:00Z") })
        .where("id", "=", id)
        .execute(),
    );
    return { path: { partnerId: id }, ...withBody({ month: "2026-10" }) };
  }),
  refusal("runSettlement", "month_not_over", withBody({ month: "2026-11" })),
  refusal("runSettlement", "month_before_partner", withBody({ month: "2026-09" })),
  refusal("rollApiKey", "api_key_revoked", async (scene) => {
    const { id } = await scene.operator.ask<Schemas["CreatedApiKey"]>("POST", "/v1/api-keys", {
      kind: "operator",
      name: "Revoked",
    });
    await scene.operator.call("DELETE", `/v1/api-keys/${id}`);
    return { path: { keyId: id } };
  }),
  refusal("rollApiKey", "api_key_revoked", async (scene) => {
    // Rolled without an overlap it has expired.
    const { id } = await scene.operator.ask<Schemas["CreatedApiKey"]>("POST", "/v1/api-keys", {
      kind: "operator",
      name: "Expired",
    });
    await scene.operator.ask("POST", `/v1/api-keys/${id}/roll`, { overlapSeconds: 0 });
    return { path: { keyId: id } };
  }),
  refusal("createCreditNote", "nothing_left_to_credit", async (scene) => {
    const { partner, bill } = await takeBill(scene);
    const headers = { "evergate-partner": partner };
    const whole = { whole: true, reason: "All of it" };
    await scene.operator.ask("POST", `/v1/bills/${bill}/credit-notes`, whole, { headers });
    return { ...withOnlyBody(whole), path: { billId: bill }, headers };
  }),
  refusal(
    "createCreditNote",
    "charge_named_twice",
    onBill((charge) => [{ charge }, { charge }]),
  ),
  refusal(
    "createCreditNote",
    "charge_unknown",
    // One that there is, on another bill.
    async (scene) => withBody({ lines: [{ charge: scene.one.ids["chargeId"] ?? "" }] }),
  ),
  refusal(
    "createCreditNote",
    "credit_amount_invalid",
    onBill((charge) => [{ charge, amount: "1.005" }]),
  ),
  refusal(
    "createCreditNote",
    "credit_exceeds_charge",
    onBill((charge) => [{ charge, amount: "20.01" }]),
  ),
  refusal("createCustomer", "external_id_taken", async ({ one }) =>
    withBody({ externalId: one.customerExternalId }),
  ),
  refusal("updateCustomer", "external_id_taken", async ({ one }) => {
    const { id } = await one.api.ask<Schemas["Customer"]>("POST", "/v1/customers", {
      name: "Another",
    });
    return { path: { customerId: id }, ...withBody({ externalId: one.customerExternalId }) };
  }),

  refusal("createSubscription", "external_id_taken", async ({ one }) =>
    withBody({ externalId: one.subscriptionExternalId }),
  ),
  refusal("createSubscription", "customer_unknown", withBody({ customer: "ext:nobody" })),
  refusal("createSubscription", "trial_not_offered", async (scene) =>
    asPartner(await takePartner(scene, { type: "reseller" }), { customer: { name: "New" } }),
  ),
  refusal("createSubscription", "trial_exceeds_limit", withBody({ trial: { days: 61 } })),
  refusal("createSubscription", "starts_in_past", withBody({ startsAt: "2026-11-24T08:59:59Z" })),
  ...each(
    ["createSubscription", "updateSubscription", "reactivateSubscription"],
    "product_unknown",
    withBody({ product: "code:NOTHING" }),
  ),
  refusal("createPrice", "product_unknown", withBody({ product: "code:NOTHING" })),
  ...each(
    ["createSubscription", "updateSubscription", "reactivateSubscription"],
    "product_not_priced",
    withBody({ product: "code:UNPRICED" }),
  ),
  ...each(
    ["createSubscription", "updateSubscription", "reactivateSubscription"],
    "quantity_out_of_range",
    withBody({ quantity: 1 }),
  ),
  refusal(
    "updateSubscription",
    "term_not_prolonged",
    onSubscription(
      { term: { periods: 12, renews: false } },
      [],
      withBody({ term: { periods: 11, renews: false } }),
    ),
  ),

  ...each(
    ["updateSubscription", "pauseSubscription", "cancelSubscription"],
    "subscription_stopped",
    onSubscription({}, [["POST", "/cancel", { effective: "now" }]]),
  ),
  ...each(
    ["updateSubscription", "pauseSubscription"],
    "subscription_not_started",
    onSubscription({ startsAt: "2026-12-24T09:00:00Z" }, []),
  ),
  refusal(
    "pauseSubscription",
    "subscription_already_paused",
    onSubscription({}, [["POST", "/pause", { days: 14 }]]),
  ),
  refusal(
    "pauseSubscription",
    "pause_already_scheduled",
    onSubscription({}, [["POST", "/pause", { startsAt: "2026-12-20T00:00:00Z", days: 14 }]]),
  ),
  refusal(
    "pauseSubscription",
    "pause_starts_in_past",
    withBody({ startsAt: "2026-11-24T08:59:59Z" }),
  ),
  refusal(
    "pauseSubscription",
    "pause_ends_before_start",
    withBody({ startsAt: "2026-12-20T00:00:00Z", resumesAt: "2026-12-19T00:00:00Z" }),
  ),
  refusal(
    "pauseSubscription",
    "pause_end_required",
    onResellersSubscription({ startsAt: "2026-12-20T00:00:00Z" }),
  ),
  refusal(
    "pauseSubscription",
    "open_ended_pause_not_allowed",
    onResellersSubscription({ resumesAt: null }),
  ),
  refusal("getSubscription", "time_not_reached", { query: { asOf: "2099-01-01T00:00:00Z" } }),
  ...each(
    ["listActiveSubscriptions", "getActiveSubscriptionTotals", "listReconciliation"],
    "time_not_reached",
    { query: { month: "2099-01" } },
  ),
  refusal("resumeSubscription", "subscription_not_paused", onSubscription({}, [])),
  refusal(
    "cancelSubscription",
    "cancellation_date_not_allowed",
    withBody({ effective: "now", date: "2027-03-15" }),
  ),
  refusal(
    "cancelSubscription",
    "cancellation_date_in_past",
    withBody({ effective: "period_end", date: "2026-11-23" }),
  ),
  refusal("withdrawCancellation", "no_cancellation_scheduled", onSubscription({}, [])),
  refusal("withdrawScheduledChange", "no_scheduled_change", withBody({ of: "product" })),
  refusal("reactivateSubscription", "subscription_not_stopped", onSubscription({}, [])),

  refusal("createSubscription", "prepaid_licence_held", async (scene) => {
    const { customer } = await registerLicence(scene, scene.one);
    return withBody({ customer });
  }),
  refusal("updateSubscription", "prepaid_licence_held", async (scene) => {
    const { customer } = await registerLicence(scene, scene.one, { product: scene.second.id });
    const { id } = await subscribe(scene, scene.one, { customer });
    return { path: { subscriptionId: id }, ...withBody({ product: scene.second.id }) };
  }),
  refusal("reactivateSubscription", "prepaid_licence_held", async (scene) => {
    const customer = await makePrepaidCustomer(scene.one.api, scene.one.name);
    const { id } = await subscribe(scene, scene.one, { customer });
    await scene.one.api.ask("POST", `/v1/subscriptions/${id}/cancel`, { effective: "now" });
    await registerLicence(scene, scene.one, { customer });
    return { path: { subscriptionId: id } };
  }),
  refusal("createPrepaidLicence", "customer_unknown", withBody({ customer: "ext:nobody" })),
  refusal("importPrepaidLicences", "import_rows_refused", {
    rawBody: "customer,product,quantity,endsOn\next:nobody,code:BASE,1,2027-11-30\n",
  }),
  refusal("createPrepaidLicence", "product_unknown", withBody({ product: "code:NOTHING" })),
  ...each(["createPrepaidLicence", "updatePrepaidLicence"], "external_id_taken", async ({ one }) =>
    withBody({ externalId: one.licenceExternalId }),
  ),
  refusal(
    "createPrepaidLicence",
    "prepaid_ends_before_start",
    withBody({ startsOn: "2026-12-01", endsOn: "2026-11-30" }),
  ),
  refusal("updatePrepaidLicence", "prepaid_ends_before_start", async (scene) => {
    const { id } = await registerLicence(scene, scene.one, { startsOn: "2027-01-01" });
    return { path: { prepaidLicenceId: id }, ...withBody({ endsOn: "2026-12-31" }) };
  }),
  refusal(
    "createPrepaidLicence",
    "prepaid_ends_in_past",
    withBody({ startsOn: "2026-01-01", endsOn: "2026-11-23" }),
  ),
  refusal("updatePrepaidLicence", "prepaid_ends_in_past", async (scene) => {
    const { id } = await registerLicence(scene, scene.one, { startsOn: "2026-01-01" });
    return { path: { prepaidLicenceId: id }, ...withBody({ endsOn: "2026-11-23" }) };
  }),
  refusal("createPrepaidLicence", "prepaid_licence_limit_reached", async (scene) => {
    const { customer } = await registerLicence(scene, scene.one);
    for (let count = 1; count < 100; count++) await registerLicence(scene, scene.one, { customer });
    return withBody({ customer });
  }),
  ...each(
    ["updatePrepaidLicence", "deletePrepaidLicence"],
    "prepaid_licence_ended",
    async (scene) => {
      const { key, api } = await takePartner(scene);
      const { id: customer } = await api.ask<Schemas["Customer"]>("POST", "/v1/customers", {
        name: "Of a licence that has ended",
      });
      const { id } = await api.ask<Schemas["PrepaidLicence"]>("POST", "/v1/prepaid-licences", {
        customer,
        product: scene.product.id,
        quantity: 5,
        endsOn: "2026-11-24",
      });
      await api.ask("POST", "/v1/sandbox/clock/advance", { to: "2026-11-24T23:00:00Z" });
      return { key, path: { prepaidLicenceId: id } };
    },
  ),

  ...each(
    ["createWebhookEndpoint", "updateWebhookEndpoint"],
    "webhook_url_not_allowed",
    withBody({ url: "http://hooks.example.com@203.0.113.5/" }),
  ),
  ...each(
    ["createWebhookEndpoint", "updateWebhookEndpoint"],
    "webhook_header_not_allowed",
    withBody({ headers: { "Transfer-Encoding": "chunked" } }),
  ),
  ...each(
    ["createWebhookEndpoint", "updateWebhookEndpoint"],
    "product_unknown",
    withBody({ filters: { products: ["code:NOTHING"] } }),
  ),
  refusal("rotateWebhookSecret", "webhook_secret_limit_reached", async (scene) => {
    const parts = await makeRequest(scene, scene.one, getOperation("rotateWebhookSecret"));
    for (let count = 0; count < 3; count++)
      await scene.one.api.ask(
        "POST",
        `/v1/webhook-endpoints/${parts.path["endpointId"]}/rotate-secret`,
        {},
      );
    return { path: parts.path };
  }),
  refusal("verifyWebhookEndpoint", "webhook_challenge_failed", async (scene) => {
    const { path, receiver } = await takeAnsweringEndpoint(scene, scene.one);
    receiver.answer((response) => response.writeHead(200).end("ok"));
    return { path };
  }),
  refusal("createWebhookEndpoint", "webhook_endpoint_limit_reached", async (scene) => {
    const { key, api } = await takePartner(scene);
    for (let count = 0; count < 16; count++)
      await api.ask("POST", "/v1/webhook-endpoints", {
        url: "https://hooks.example.com/",
        eventTypes: ["*"],
      });
    return { key };
  }),
  refusal("redeliverEvent", "webhook_endpoint_unknown", async (scene) =>
    withBody({ endpoint: scene.other.ids["endpointId"] ?? "" }),
  ),
  refusal("createWebhookReplay", "webhook_replay_running", (scene) => takeReplay(scene, scene.one)),
  refusal(
    "createWebhookReplay",
    "replay_ends_before_start",
    withBody({ since: "2026-11-24T09:00:00Z", until: "2026-11-24T10:00:00+01:00" }),
  ),
  refusal("cancelWebhookReplay", "webhook_replay_completed", async (scene) => {
    const parts = await takeReplay(scene, scene.one);
    const { store } = scene.gateway;
    const partner = toPartnerId(scene.one.ids["partnerId"] ?? "");
    const id = parts.path?.["replayId"] ?? "";
    await store.transaction((tx) =>
      takeReplayStep(tx, store.dialect, partner, id, maximumChunk, testNow),
    );
    return parts;
  }),
  refusal("reconcileWebhookEndpoint", "webhook_replay_running", async (scene) => {
    const parts = await takeReplay(scene, scene.one);
    await failDeliveryTo(scene, scene.one, parts.path?.["endpointId"] ?? "");
    return { ...parts, ...withBody({ received: [] }) };
  }),
  refusal(
    "reconcileWebhookEndpoint",
    "received_range_reversed",
    withBody({
      received: [
        [1, 100],
        [230, 105],
      ],
    }),
  ),
  refusal("recordReceipt", "receipt_not_expected", async ({ one }) => ({
    path: { eventId: one.ids["eventId"] ?? "" },
  })),
  refusal("recordReceipt", "receipt_already_applied", async (scene) => {
    const { path, body } = await takeReceipt(scene, scene.one);
    await scene.one.api.ask("POST", `/v1/events/${path?.["eventId"]}/receipt`, {
      status: "applied",
      ...(body as JsonObject),
    });
    return { ...(path === undefined ? {} : { path }), body: { status: "rejected" } };
  }),
  refusal("recordReceipt", "receipt_endpoint_required", async (scene) => {
    const { key, api } = await takePartner(scene);
    for (let count = 0; count < 2; count++)
      await api.ask("POST", "/v1/webhook-endpoints", {
        url: "https://hooks.example.com/",
        eventTypes: ["*"],
        receipts: { eventTypes: ["customer.*"], within: { minutes: 60 } },
      });
    await api.ask("POST", "/v1/customers", { name: "Of two systems" });
    const { data } = await api.ask<Schemas["EventList"]>("GET", "/v1/events?type=customer.*");
    return { ...withOnlyBody({ status: "applied" }), key, path: { eventId: data[0]?.id ?? "" } };
  }),
  ...each(["getSandboxClock", "advanceSandboxClock"], "not_a_sandbox", async (scene) => ({
    key: (await takePartner(scene, { mode: "live" })).key,
  })),
  refusal("advanceSandboxClock", "clock_goes_back", withBody({ to: "2026-11-24T08:59:59Z" })),
  refusal("advanceSandboxClock", "clock_too_far", withBody({ to: "2040-01-01T00:00:00Z" })),
];

type Spoiling = Partial<RequestParts> | ((scene: Scene) => Promise<Partial<RequestParts>>);

/** A request that would succeed, spoilt: fields of its body are replaced, other parts as a whole. */
function refusal(operation: string, code: string, spoiling: Spoiling): Refusal {
  return {
    operation,
    code,
    make: async (scene) => {
      const parts = await makeRequest(scene, scene.one, getOperation(operation));
      const spoilt = typeof spoiling === "function" ? await spoiling(scene) : spoiling;
      const body = isOnlyBody(spoilt)
        ? spoilt.rawFields
        : { ...(parts.body as JsonObject | undefined), ...(spoilt.body as JsonObject | undefined) };
      return {
        ...parts,
        ...spoilt,
        path: { ...parts.path, ...spoilt.path },
        ...(parts.body === undefined ? {} : { body }),
      };
    },
  };
}

function each(operations: readonly string[], code: string, spoiling: Spoiling): readonly Refusal[] {
  return operations.map((operation) => refusal(operation, code, spoiling));
}

function withBody(body: JsonObject): Partial<RequestParts> {
  return { body };
}

/** The whole body, where the example's other fields would be in the way. */
function withOnlyBody(body: JsonObject): Partial<RequestParts> & { readonly rawFields: Json } {
  return { rawFields: body };
}

function isOnlyBody(
  spoiling: Partial<RequestParts>,
): spoiling is Partial<RequestParts> & { readonly rawFields: Json } {
  return "rawFields" in spoiling;
}

/** For a bill over 20.00 of its own, with one charge. */
function onBill(lines: (charge: string) => readonly JsonObject[]): Spoiling {
  return async (scene) => {
    const { partner, bill, charge } = await takeBill(scene);
    return {
      ...withBody({ lines: lines(charge) }),
      path: { billId: bill },
      headers: { "evergate-partner": partner },
    };
  };
}

/** On a subscription made with `input`, after some orders. */
function onSubscription(
  input: JsonObject,
  orders: readonly (readonly [method: string, action: string, body?: Json])[],
  spoiling: Partial<RequestParts> = {},
): Spoiling {
  return async (scene) => {
    const { id } = await subscribe(scene, scene.one, input);
    for (const [method, action, body] of orders)
      await scene.one.api.ask(method, `/v1/subscriptions/${id}${action}`, body);
    return { ...spoiling, path: { subscriptionId: id } };
  };
}

function onResellersSubscription(body: JsonObject): Spoiling {
  return async (scene) => {
    const { key, api } = await takePartner(scene, { type: "reseller" });
    const { id } = await api.ask<Schemas["Subscription"]>("POST", "/v1/subscriptions", {
      customer: { name: "Of a reseller" },
      product: scene.product.id,
      quantity: 10,
    });
    return { ...withOnlyBody(body), path: { subscriptionId: id }, key };
  };
}

/** The operation on this partner, after some of the operator's. */
async function onPartner(
  { id }: { readonly id: string },
  { operator }: Scene,
  ...orders: readonly (readonly [action: string, body?: Json])[]
): Promise<Partial<RequestParts>> {
  for (const [action, body] of orders)
    await operator.ask("POST", `/v1/partners/${id}/${action}`, body);
  return { path: { partnerId: id } };
}

/** A product that has a price in one channel only. */
async function takeProductFor({ operator }: Scene, channel: string): Promise<string> {
  const { id } = await operator.ask<Schemas["Product"]>("POST", "/v1/products", {
    code: makeFresh("ONLY-"),
    name: `For ${channel} only`,
    unit: "user",
    minQuantity: 1,
    maxQuantity: 10,
  });
  await operator.ask("POST", "/v1/prices", {
    product: id,
    channel,
    currency: "EUR",
    unitPrice: "2.00",
    validFrom: "2026-01-01",
  });
  return id;
}

async function subscribeTo({ api }: { readonly api: Api }, product: string): Promise<void> {
  await api.ask("POST", "/v1/subscriptions", {
    customer: { name: "Of a reseller" },
    product,
    quantity: 5,
  });
}

function asPartner({ key }: { readonly key: string }, body: JsonObject): Partial<RequestParts> {
  return { key, body };
}
