import { Evergate, type CreatedPartner, type PartnerInput } from "@evergate/sdk";
import { onTestFinished } from "vitest";
import { listen } from "../../server/listen.ts";
import type { TestStores } from "../../testing/open-test-stores.ts";
import { startServe } from "../../testing/run-evergate.ts";
import {
  startTestGateway,
  testOperatorKey,
  testSecretKey,
} from "../../testing/start-test-gateway.ts";

/** A gateway that listens, with two products that have prices and one that has none. */
export interface ListeningGateway {
  readonly url: string;
  readonly operator: Evergate;
}

/** A partner's way in. */
export interface Sandbox {
  readonly partner: CreatedPartner;
  /** The partner's own client. */
  readonly evergate: Evergate;
  readonly env: Readonly<Record<string, string>>;
}

/** Starts a gateway in this process. Whoever starts it closes it, in `afterAll`. */
export async function serveHere(
  stores: TestStores,
): Promise<ListeningGateway & { close(): Promise<void> }> {
  const { gateway, close } = await startTestGateway(stores, {
    withBackground: true,
    isShared: true,
  });
  const listener = await listen((request, env) => gateway.app.fetch(request, env), {
    host: "127.0.0.1",
    port: 0,
  });
  return {
    ...(await connect(listener.url)),
    async close() {
      gateway.endWaits();
      await listener.stop(1_000);
      await close();
    },
  };
}

/** Starts a gateway in a process of its own, which ends with the test. */
export async function serveApart(
  stores: TestStores,
): Promise<ListeningGateway & { restart(signal: NodeJS.Signals): Promise<void> }> {
  const database = await stores.createDatabase();
  onTestFinished(() => database.remove());
  const env = {
    EVERGATE_DATABASE_URL: database.url,
    EVERGATE_SECRET_KEY: testSecretKey,
    EVERGATE_OPERATOR_KEY: testOperatorKey,
    EVERGATE_LOG_LEVEL: "fatal",
  };
  let server = await startServe(env);
  const gateway = await connect(server.url);
  return {
    ...gateway,
    async restart(signal) {
      server.signal(signal);
      await server.ended;
      server = await startServe({ ...env, EVERGATE_PORT: new URL(gateway.url).port });
    },
  };
}

async function connect(url: string): Promise<ListeningGateway> {
  const operator = new Evergate({ apiKey: testOperatorKey, baseUrl: url });
  await makeCatalogue(operator);
  return { url, operator };
}

async function makeCatalogue(operator: Evergate): Promise<void> {
  for (const [code, unitPrice] of [
    ["UNPRICED", null],
    ["BASE", "2.00"],
    ["CLOUD", "3.00"],
  ] as const) {
    const { id } = await operator.products.create({
      code,
      name: code,
      unit: "user",
      minQuantity: 2,
      maxQuantity: 100,
    });
    if (unitPrice !== null)
      await operator.prices.create({
        product: id,
        channel: "reseller",
        currency: "EUR",
        unitPrice,
        validFrom: "2026-01-01",
      });
  }
}

/** Takes a partner on, a reseller in a sandbox unless said. */
export async function takeSandbox(
  { url, operator }: ListeningGateway,
  input: Partial<PartnerInput> = {},
): Promise<Sandbox> {
  const partner = await operator.partners.create({
    name: "Danube Telecom",
    type: "reseller",
    currency: "EUR",
    timeZone: "Europe/Bratislava",
    billingPeriod: "calendar_month",
    mode: "sandbox",
    ...(input.mode === "live" ? {} : { clock: "2026-11-24T09:00:00Z" }),
    ...input,
  });
  const apiKey = partner.apiKey.secret;
  return {
    partner,
    evergate: new Evergate({ apiKey, baseUrl: url }),
    env: { EVERGATE_URL: url, EVERGATE_API_KEY: apiKey },
  };
}
