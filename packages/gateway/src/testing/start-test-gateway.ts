import { toInstant, type Instant } from "@evergate/core";
import pino from "pino";
import { onTestFinished } from "vitest";
import { createGateway, type Gateway } from "../create-gateway.ts";
import { createSecretBox } from "../secrets/secret-box.ts";
import { createSealer } from "../secrets/sealer.ts";
import { addKey } from "../server/add-key.ts";
import { keepCompany } from "../server/keep-company.ts";
import type { Party } from "../store/parties.ts";
import type { Store } from "../store/store.ts";
import type { Settings } from "../settings.ts";
import { ensureSigningKey } from "../webhooks/signing/change-signing-keys.ts";
import { checkReply } from "./check-reply.ts";
import type { TestStores } from "./open-test-stores.ts";

/** 2026-11-24T09:00:00Z, the day of the worked examples. */
export const testNow: Instant = toInstant(Date.UTC(2026, 10, 24, 9));

export const testOperatorKey = "evg_operator_of_the_tests_0123456789";

export const testSecretKey: string = Buffer.alloc(32, 7).toString("base64");

/** The operator's company. */
export const testCompany: Party = {
  name: "Carpathian Software a.s.",
  addressLines: ["Mlynské nivy 5", "821 09 Bratislava"],
  postalCode: null,
  city: null,
  country: "SK",
  vatId: "SK2020102030",
  registrationNumber: "35 757 442",
  email: "billing@carpathian.example",
  bankAccount: "SK31 1200 0000 1987 4263 7541",
};

export interface TestGateway {
  /** Asks the gateway without a port; every answer is checked against the contract. */
  fetch(request: Request): Promise<Response>;
  readonly baseUrl: string;
  readonly operatorKey: string;
  readonly store: Store;
  readonly gateway: Gateway;
  /** The system's clock, which stands still until a test moves it. */
  setNow(now: Instant): void;
  close(): Promise<void>;
}

export interface TestGatewayOptions {
  readonly now?: Instant;
  /** Starts clockwork, placing and deliveries too. */
  readonly withBackground?: boolean;
  readonly privateWebhooks?: Settings["privateWebhooks"];
  readonly applicationsPerHour?: Settings["applicationsPerHour"];
  /** Several tests share it: whoever starts it closes it, in `afterAll`. */
  readonly isShared?: boolean;
}

/** A real gateway over a fresh database. It is closed when the test is over, unless it is shared. */
export async function startTestGateway(
  stores: TestStores,
  options: TestGatewayOptions = {},
): Promise<TestGateway> {
  const store = await stores.open();
  const sealer = createSealer(testSecretKey);
  let now = options.now ?? testNow;
  await store.transaction(async (tx) => {
    const wanted = { kind: "operator", partner: null, name: "Operator", scopes: [] } as const;
    await addKey(tx, sealer, wanted, testOperatorKey, "test", now);
  });
  await keepCompany({ store, sealer }, testCompany, now);
  await ensureSigningKey(store, {
    box: createSecretBox(testSecretKey),
    sealer,
    actor: "test",
    now,
  });
  const gateway = createGateway({
    store,
    log: pino({ level: process.env["EVERGATE_TEST_LOG_LEVEL"] ?? "silent" }),
    secretKey: testSecretKey,
    settings: {
      privateWebhooks: options.privateWebhooks ?? true,
      // The suites apply more often than anybody may.
      applicationsPerHour: options.applicationsPerHour ?? 1_000_000,
    },
    now: () => now,
    witness: checkReply,
  });
  if (options.withBackground === true) gateway.start();
  let isClosed = false;
  const close = async (): Promise<void> => {
    if (isClosed) return;
    isClosed = true;
    await gateway.stop();
    await store.close();
  };
  if (options.isShared !== true) onTestFinished(close);
  return {
    fetch: async (request) => gateway.app.fetch(request),
    baseUrl: "http://gateway.test",
    operatorKey: testOperatorKey,
    store,
    gateway,
    setNow: (instant) => {
      now = instant;
    },
    close,
  };
}
