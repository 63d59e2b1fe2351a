import type { components } from "../generated/api.ts";
import { getOperation, type DeclaredOperation, type Json, type JsonObject } from "./contract.ts";
import { makePrepaidCustomer, sceneNow, type Scene, type Side } from "./scene.ts";
import { answerChallenges } from "../testing/answer-challenges.ts";
import { apiOf, type Api } from "../testing/api.ts";
import { startReceiver, type Receiver } from "../testing/start-receiver.ts";

type Schemas = components["schemas"];

/** A request for one operation, in parts that a suite can spoil one at a time. */
export interface RequestParts {
  readonly path: Readonly<Record<string, string>>;
  readonly query: Readonly<Record<string, string>>;
  readonly headers: Readonly<Record<string, string>>;
  /** Null: none at all. */
  readonly key: string | null;
  readonly body?: Json;
  /** Sent as it is, in place of `body`. */
  readonly rawBody?: string | Uint8Array<ArrayBuffer>;
  /** That of the body; JSON unless said. */
  readonly mediaType?: string | undefined;
}

export interface Reply {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  /** The answer as JSON; undefined where it is empty or a document. */
  readonly body: unknown;
}

/** Sends a request as HTTP has it. The gateway's answer is checked against the contract on the way. */
export async function send(
  scene: Pick<Scene, "gateway">,
  operation: DeclaredOperation,
  parts: RequestParts,
): Promise<Reply> {
  const target = operation.path.replaceAll(/\{(\w+)\}/g, (_, name: string) =>
    encodeURIComponent(parts.path[name] ?? ""),
  );
  const query = new URLSearchParams(parts.query).toString();
  return sendTo(scene, operation.method, `${target}${query === "" ? "" : `?${query}`}`, parts);
}

/** The same to a target that is written out, for what `encodeURIComponent` would mend. */
export async function sendTo(
  scene: Pick<Scene, "gateway">,
  method: string,
  target: string,
  parts: Pick<RequestParts, "headers" | "key" | "body" | "rawBody" | "mediaType">,
): Promise<Reply> {
  const { mediaType = "application/json" } = parts;
  const body = parts.rawBody ?? (parts.body === undefined ? undefined : JSON.stringify(parts.body));
  const response = await scene.gateway.fetch(
    new Request(`${scene.gateway.baseUrl}${target}`, {
      method: method.toUpperCase(),
      headers: {
        ...(parts.key === null ? {} : { authorization: `Bearer ${parts.key}` }),
        ...(body === undefined ? {} : { "content-type": mediaType }),
        ...parts.headers,
      },
      ...(body === undefined ? {} : { body }),
    }),
  );
  const text = await response.text();
  return {
    status: response.status,
    headers: response.headers,
    text,
    body: /[/+]json$/.test(response.headers.get("content-type") ?? "")
      ? JSON.parse(text)
      : undefined,
  };
}

let freshCount = 0;

/** A text that no request has had before. */
export function makeFresh(prefix: string): string {
  freshCount += 1;
  return `${prefix}${freshCount}`;
}

/**
 * A request that succeeds: the operation's first example (or the one given) with names of the scene in place of the
 * example's, after whatever has to have happened before.
 */
export async function makeRequest(
  scene: Scene,
  side: Side,
  operation: DeclaredOperation,
  example: JsonObject | undefined = operation.bodyExamples[0]?.value,
): Promise<RequestParts> {
  const isOfPartner = operation.security !== null && "partnerKey" in operation.security;
  const parts: RequestParts = {
    path: side.ids,
    query: {},
    headers: {},
    mediaType: [...operation.bodies.keys()][0],
    key: isOfPartner ? side.key : operation.security === null ? null : scene.gateway.operatorKey,
    ...(example === undefined ? {} : { body: substitute(example, scene, side) }),
  };
  const overrides = await prepare[operation.id]?.(scene, side, example);
  return {
    ...parts,
    ...overrides,
    path: { ...parts.path, ...overrides?.path },
    ...(overrides?.body === undefined
      ? {}
      : { body: { ...(parts.body as JsonObject), ...(overrides.body as JsonObject) } }),
  };
}

/** A subscription of its own for a test, in paid service. */
export async function subscribe(
  scene: Scene,
  side: Side,
  input: JsonObject = {},
): Promise<Schemas["Subscription"]> {
  return side.api.ask("POST", "/v1/subscriptions", {
    customer: side.ids["customerId"],
    product: scene.product.id,
    quantity: 10,
    trial: "none",
    ...input,
  });
}

/** Another partner, an xSP in a sandbox unless said. */
export async function takePartner(
  { gateway, operator }: Pick<Scene, "gateway" | "operator">,
  input: JsonObject = {},
): Promise<{ readonly id: string; readonly key: string; readonly api: Api }> {
  const { id, apiKey } = await operator.ask<Schemas["CreatedPartner"]>("POST", "/v1/partners", {
    name: makeFresh("Partner "),
    type: "xsp",
    currency: "EUR",
    timeZone: "Europe/Bratislava",
    billingPeriod: "calendar_month",
    mode: "sandbox",
    ...(input["mode"] === "live" ? {} : { clock: "2026-11-24T09:00:00Z" }),
    ...input,
  });
  return { id, key: apiKey.secret, api: apiOf(gateway, apiKey.secret) };
}

type Preparation = (
  scene: Scene,
  side: Side,
  example: JsonObject | undefined,
) => Promise<Partial<RequestParts>>;

/** A bill of another partner of its own, which nothing has been credited of, and its one charge. */
export async function takeBill(
  scene: Scene,
): Promise<{ readonly partner: string; readonly bill: string; readonly charge: string }> {
  const { id: partner, api } = await takePartner(scene, { clock: "2026-11-01T09:00:00Z" });
  await api.ask("POST", "/v1/subscriptions", {
    customer: { name: "Billed" },
    product: scene.product.id,
    quantity: 10,
    trial: "none",
  });
  await api.ask("POST", "/v1/sandbox/clock/advance", { to: "2026-12-01T00:00:00Z" });
  const { data } = await api.ask<Schemas["ChargeList"]>("GET", "/v1/charges");
  const [charge] = data;
  if (charge === undefined || charge.bill === null) throw new Error("There is no bill.");
  return { partner, bill: charge.bill, charge: charge.id };
}

async function takeSubscription(
  scene: Scene,
  side: Side,
  ...orders: readonly (readonly [method: string, action: string, body?: Json])[]
): Promise<Partial<RequestParts>> {
  const { id } = await subscribe(scene, side);
  for (const [method, action, body] of orders)
    await side.api.ask(method, `/v1/subscriptions/${id}${action}`, body);
  return { path: { subscriptionId: id } };
}

/** An event of a subscription of its own, of which the scene's endpoint owes a receipt. */
export async function takeReceipt(scene: Scene, side: Side): Promise<Partial<RequestParts>> {
  const { id } = await subscribe(scene, side);
  const { data } = await side.api.ask<Schemas["EventList"]>(
    "GET",
    `/v1/events?subscription=${id}&limit=1`,
  );
  return {
    path: { eventId: data[0]?.id ?? "" },
    // Other endpoints may owe one as well.
    body: { endpoint: side.ids["endpointId"] ?? "" },
  };
}

async function takeLicence(scene: Scene, side: Side): Promise<Partial<RequestParts>> {
  const { id } = await registerLicence(scene, side);
  return { path: { prepaidLicenceId: id } };
}

/** A prepaid licence of its own for a test, of a customer that has nothing else. */
export async function registerLicence(
  scene: Scene,
  side: Side,
  input: JsonObject = {},
): Promise<Schemas["PrepaidLicence"]> {
  return side.api.ask("POST", "/v1/prepaid-licences", {
    customer: await makePrepaidCustomer(side.api, side.name),
    product: scene.product.id,
    quantity: 10,
    endsOn: "2027-11-30",
    ...input,
  });
}

/** The contract's example of a CSV file, with customers of its own. */
async function makeCsv({ product }: Scene, { api, name }: Side): Promise<string> {
  let csv = getOperation("importPrepaidLicences").textExample ?? "";
  for (const named of new Set(csv.match(/ext:S-\d+/g)))
    csv = csv.replaceAll(named, await makePrepaidCustomer(api, name));
  return csv
    .replaceAll("code:KES-CLOUD", `code:${product.code}`)
    .replaceAll(/LIC-\d+-/g, () => makeFresh("LIC-"));
}

async function takeKey({ operator }: Scene): Promise<Partial<RequestParts>> {
  const { id } = await operator.ask<Schemas["CreatedApiKey"]>("POST", "/v1/api-keys", {
    kind: "operator",
    name: "To be ended",
  });
  return { path: { keyId: id } };
}

/** Deletes all but the newest endpoints and the scene's own: a partner can have 16. */
export async function dropOldEndpoints({ api, ids }: Side): Promise<void> {
  const { data } = await api.ask<Schemas["WebhookEndpointList"]>("GET", "/v1/webhook-endpoints");
  for (const { id } of data.slice(8))
    if (id !== ids["endpointId"]) await api.ask("DELETE", `/v1/webhook-endpoints/${id}`);
}

export async function takeEndpoint(_scene: Scene, side: Side): Promise<Partial<RequestParts>> {
  await dropOldEndpoints(side);
  const { id } = await side.api.ask<Schemas["WebhookEndpoint"]>("POST", "/v1/webhook-endpoints", {
    url: "https://hooks.example.com/own",
    eventTypes: ["bill.issued"],
  });
  return { path: { endpointId: id } };
}

/** An endpoint of its own whose server answers challenges. */
export async function takeAnsweringEndpoint(
  _scene: Scene,
  side: Side,
): Promise<{ readonly path: { readonly endpointId: string }; readonly receiver: Receiver }> {
  await dropOldEndpoints(side);
  const receiver = await startReceiver(0, { isShared: true });
  const { id, secret } = await side.api.ask<Schemas["CreatedWebhookEndpoint"]>(
    "POST",
    "/v1/webhook-endpoints",
    { url: receiver.url, eventTypes: ["bill.issued"], challenge: true },
  );
  answerChallenges(receiver, secret);
  return { path: { endpointId: id }, receiver };
}

/** A replay of its own for a test, which nobody carries on. */
export async function takeReplay(scene: Scene, side: Side): Promise<Partial<RequestParts>> {
  const { path } = await takeEndpoint(scene, side);
  const replays = `/v1/webhook-endpoints/${path?.["endpointId"]}/replays`;
  const { id } = await side.api.ask<Schemas["WebhookReplay"]>("POST", replays, { only: "failed" });
  return { path: { ...path, replayId: id } };
}

/** An endpoint of its own that gave its first delivery up. */
export async function takeFailingEndpoint(
  scene: Scene,
  side: Side,
): Promise<{ readonly path: { readonly endpointId: string } }> {
  const { path } = await takeEndpoint(scene, side);
  const endpointId = path?.["endpointId"] ?? "";
  await failDeliveryTo(scene, side, endpointId);
  return { path: { endpointId } };
}

/** Has an event delivered to an endpoint, and given up. */
export async function failDeliveryTo(
  { gateway }: Pick<Scene, "gateway">,
  { api, ids }: Side,
  endpoint: string,
): Promise<void> {
  await api.ask("POST", `/v1/events/${ids["eventId"]}/redeliver`, { endpoint });
  await gateway.store.transaction((tx) =>
    tx
      .updateTable("webhook_deliveries")
      .set({ status: "failed", finished_at: Date.parse(sceneNow) })
      .where("partner", "=", ids["partnerId"] ?? "")
      .where("endpoint", "=", endpoint)
      .execute(),
  );
}

/** A partner of its own for a test, a reseller in a sandbox, after some of the operator's operations. */
async function takeReseller(
  { operator }: Scene,
  ...orders: readonly (readonly [action: string, body?: Json])[]
): Promise<Partial<RequestParts>> {
  const { id } = await operator.ask<Schemas["CreatedPartner"]>("POST", "/v1/partners", {
    name: makeFresh("Reseller "),
    type: "reseller",
    currency: "EUR",
    timeZone: "Europe/Bratislava",
    billingPeriod: "calendar_month",
    mode: "sandbox",
    clock: sceneNow,
  });
  for (const [action, body] of orders)
    await operator.ask("POST", `/v1/partners/${id}/${action}`, body);
  return { path: { partnerId: id } };
}

/** An application of its own for a test, after some of the operator's operations. */
export async function takeApplication(
  scene: Scene,
  side: Side,
  ...actions: readonly string[]
): Promise<Partial<RequestParts>> {
  const apply = getOperation("createPartnerApplication");
  const { body } = await send(scene, apply, await makeRequest(scene, side, apply));
  const { id } = body as Schemas["ReceivedApplication"];
  for (const action of actions)
    await scene.operator.ask("POST", `/v1/partner-applications/${id}/${action}`);
  return { path: { applicationId: id } };
}

/** What has to have happened for the operation to succeed. */
const prepare: Readonly<Record<string, Preparation>> = {
  createPrice: async ({ operator }) => {
    const { id } = await operator.ask<Schemas["Product"]>("POST", "/v1/products", {
      code: makeFresh("FRESH-"),
      name: "Fresh",
      unit: "user",
      minQuantity: 1,
      maxQuantity: 10,
    });
    return { body: { product: id } };
  },
  getPartnerApplication: (scene, side) => takeApplication(scene, side),
  reviewPartnerApplication: (scene, side) => takeApplication(scene, side),
  approvePartnerApplication: (scene, side) => takeApplication(scene, side, "review"),
  rejectPartnerApplication: (scene, side) => takeApplication(scene, side),
  suspendPartner: (scene) => takeReseller(scene),
  reinstatePartner: (scene) => takeReseller(scene, ["suspend", { reason: "Bills are unpaid." }]),
  becomeMsp: (scene) => takeReseller(scene),
  withdrawBecomingMsp: (scene) => takeReseller(scene, ["become-msp"]),
  rollApiKey: takeKey,
  revokeApiKey: takeKey,
  createWebhookEndpoint: async (_scene, side) => {
    await dropOldEndpoints(side);
    return {};
  },
  updateWebhookEndpoint: takeEndpoint,
  deleteWebhookEndpoint: takeEndpoint,
  rotateWebhookSecret: takeEndpoint,
  revokePreviousWebhookSecrets: async (scene, side) => {
    const parts = await takeEndpoint(scene, side);
    const path = `/v1/webhook-endpoints/${parts.path?.["endpointId"]}`;
    await side.api.ask("POST", `${path}/rotate-secret`, {});
    return parts;
  },
  verifyWebhookEndpoint: async (scene, side) => {
    const { path } = await takeAnsweringEndpoint(scene, side);
    return { path };
  },
  createWebhookReplay: takeEndpoint,
  cancelWebhookReplay: takeReplay,
  reconcileWebhookEndpoint: async (scene, side, example) => ({
    ...(await takeFailingEndpoint(scene, side)),
    // All but the first, which there is something to be done about.
    ...(example?.["redeliver"] === true
      ? {
          body: {
            received: [
              [2, 100],
              [105, 230],
            ],
          },
        }
      : {}),
  }),
  advanceSandboxClock: async (_scene, { api }) => {
    // A second on: the time stays near the examples'.
    const { now } = await api.ask<Schemas["SandboxClock"]>("GET", "/v1/sandbox/clock");
    return { body: { to: Temporal.Instant.from(now).add({ seconds: 1 }).toString() } };
  },
  createPrepaidLicence: async (_scene, { api, name }) => ({
    body: { customer: await makePrepaidCustomer(api, name) },
  }),
  importPrepaidLicences: async (scene, side) => ({ rawBody: await makeCsv(scene, side) }),
  updatePrepaidLicence: takeLicence,
  deletePrepaidLicence: takeLicence,
  runSettlement: async () => ({ body: { month: "2026-10" } }),
  getSettlementMonth: async () => ({ path: { month: "2026-10" } }),
  recordReceipt: takeReceipt,
  createCreditNote: async (scene, _side, example) => {
    const { partner, bill, charge } = await takeBill(scene);
    return {
      path: { billId: bill },
      headers: { "evergate-partner": partner },
      ...(example !== undefined && "lines" in example
        ? { body: { lines: [{ charge, amount: "10.00" }] } }
        : {}),
    };
  },
  updateSubscription: (scene, side) => takeSubscription(scene, side),
  pauseSubscription: (scene, side) => takeSubscription(scene, side),
  cancelSubscription: (scene, side) => takeSubscription(scene, side),
  resumeSubscription: (scene, side) =>
    takeSubscription(scene, side, ["POST", "/pause", { days: 14 }]),
  withdrawCancellation: (scene, side) =>
    takeSubscription(scene, side, ["POST", "/cancel", { effective: "period_end" }]),
  withdrawScheduledChange: (scene, side) =>
    takeSubscription(scene, side, ["PATCH", "", { quantity: 5, effective: "next_period" }]),
  reactivateSubscription: (scene, side) =>
    takeSubscription(scene, side, ["POST", "/cancel", { effective: "now" }]),
};

const exampleIds: Readonly<Record<string, string>> = {
  prod: "productId",
  partner: "partnerId",
  key: "keyId",
  cus: "customerId",
  sub: "subscriptionId",
  bill: "billId",
  charge: "chargeId",
  credit: "creditNoteId",
  settlement: "settlementId",
  evt: "eventId",
  wh: "endpointId",
  replay: "replayId",
  prepaid: "prepaidLicenceId",
};

/** The example in the scene's terms: its ids and references, and names that are taken only once. */
function substitute(value: Json, scene: Scene, side: Side, name = ""): Json {
  if (typeof value === "string") {
    if (name === "externalId") return makeFresh(`${value}-`);
    if (name === "code") return makeFresh(`${value}-`);
    if (value.startsWith("ext:")) return `ext:${side.customerExternalId}`;
    if (value.startsWith("code:")) return `code:${scene.product.code}`;
    const prefix = /^([a-z]+)_[0-7][0-9a-z]{25}$/.exec(value)?.[1];
    return prefix === undefined ? value : (side.ids[exampleIds[prefix] ?? ""] ?? value);
  }
  if (Array.isArray(value)) return value.map((item: Json) => substitute(item, scene, side));
  if (typeof value === "object" && value !== null)
    return Object.fromEntries(
      Object.entries(value).map(([key, item]) => [key, substitute(item, scene, side, key)]),
    );
  return value;
}
