import type { components } from "../generated/api.ts";
import type { TestGateway } from "./start-test-gateway.ts";

type Schemas = components["schemas"];

export interface Reply<T> {
  readonly status: number;
  readonly body: T;
  readonly headers: Headers;
}

export interface CallOptions {
  readonly key?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** Calls the API as its users do, by HTTP request and answer, with short names for what tests do all the time. */
export interface Api {
  call<T = unknown>(
    method: string,
    path: string,
    body?: unknown,
    options?: CallOptions,
  ): Promise<Reply<T>>;
  /** The same, and fails unless the answer is a success. */
  ask<T>(method: string, path: string, body?: unknown, options?: CallOptions): Promise<T>;
}

export function apiOf(
  gateway: Pick<TestGateway, "fetch" | "baseUrl" | "operatorKey">,
  key: string = gateway.operatorKey,
): Api {
  const call = async <T>(
    method: string,
    path: string,
    body?: unknown,
    options: CallOptions = {},
  ): Promise<Reply<T>> => {
    const response = await gateway.fetch(
      new Request(`${gateway.baseUrl}${path}`, {
        method,
        headers: {
          authorization: `Bearer ${options.key ?? key}`,
          ...(body === undefined ? {} : { "content-type": "application/json" }),
          ...options.headers,
        },
        ...(body === undefined
          ? {}
          : { body: typeof body === "string" ? body : JSON.stringify(body) }),
      }),
    );
    const text = await response.text();
    return {
      status: response.status,
      headers: response.headers,
      body: (text === "" ? undefined : JSON.parse(text)) as T,
    };
  };
  return {
    call,
    ask: async <T>(method: string, path: string, body?: unknown, options?: CallOptions) => {
      const reply = await call<T>(method, path, body, options);
      if (reply.status >= 300)
        throw new Error(
          `${method} ${path} answered ${reply.status}: ${JSON.stringify(reply.body)}`,
        );
      return reply.body;
    },
  };
}

export interface World {
  readonly gateway: TestGateway;
  readonly operator: Api;
  readonly partner: Schemas["CreatedPartner"];
  /** Calls with the partner's own key. */
  readonly api: Api;
  readonly products: { readonly a: Schemas["Product"]; readonly b: Schemas["Product"] };
  subscribe(input?: Partial<Schemas["SubscriptionInput"]>): Promise<Schemas["Subscription"]>;
  advanceTo(instant: string): Promise<void>;
}

/** A partner in a sandbox at 2026-11-24T09:00:00Z (Bratislava), products A at 2.00 and B at 3.00 EUR in every channel. */
export async function makeWorld(
  gateway: TestGateway,
  partner: Partial<Schemas["PartnerInput"]> = {},
): Promise<World> {
  const operator = apiOf(gateway);
  const products = { a: await takeProduct(operator, "A"), b: await takeProduct(operator, "B") };
  const created = await operator.ask<Schemas["CreatedPartner"]>("POST", "/v1/partners", {
    name: "Danube Telecom",
    type: "reseller",
    currency: "EUR",
    timeZone: "Europe/Bratislava",
    billingPeriod: "calendar_month",
    mode: "sandbox",
    ...(partner.mode === "live" ? {} : { clock: "2026-11-24T09:00:00Z" }),
    ...partner,
  });
  const api = apiOf(gateway, created.apiKey.secret);
  return {
    gateway,
    operator,
    partner: created,
    api,
    products,
    subscribe: (input = {}) =>
      api.ask("POST", "/v1/subscriptions", {
        customer: { name: "Hotel Carpathia" },
        product: products.a.id,
        quantity: 10,
        ...input,
      }),
    advanceTo: async (instant) => {
      await api.ask("POST", "/v1/sandbox/clock/advance", { to: instant });
    },
  };
}

const prices: Readonly<Record<string, string>> = { A: "2.00", B: "3.00" };

async function takeProduct(operator: Api, code: string): Promise<Schemas["Product"]> {
  const known = await operator.call<Schemas["Product"]>("GET", `/v1/products/code:${code}`);
  if (known.status === 200) return known.body;
  const product = await operator.ask<Schemas["Product"]>("POST", "/v1/products", {
    code,
    name: `Product ${code}`,
    unit: "user",
    minQuantity: 1,
    maxQuantity: 10_000,
  });
  for (const channel of ["reseller", "msp", "xsp"]) {
    const tiers =
      channel === "msp"
        ? {
            tiers: [
              { from: 50, discountPercent: "5" },
              { from: 100, discountPercent: "12" },
            ],
          }
        : {};
    await operator.ask("POST", "/v1/prices", {
      product: product.id,
      channel,
      currency: "EUR",
      unitPrice: prices[code],
      validFrom: "2026-01-01",
      ...tiers,
    });
  }
  return product;
}
