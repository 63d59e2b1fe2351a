import { toInstant, type Instant } from "@evergate/core";
import {
  createGateway,
  createLog,
  createSealer,
  ensureOperatorKey,
  migrate,
  openStore,
} from "@evergate/gateway";
import { Evergate } from "@evergate/sdk";
import { setTimeout as delay } from "node:timers/promises";
import { operatorKey, secretKey } from "../child.ts";
import { findClosingMonth } from "./month.ts";

/** A partner of the template, with how many of all subscriptions are to be its. */
export interface TemplatePartner {
  readonly id: string;
  readonly apiKey: string;
  readonly share: number;
  readonly subscription: string;
}

/**
 * Fills a database with live partners, resellers and MSPs, each with one subscription in an open period of the month
 * before the running one, as a gateway leaves it that was stopped amid that month. The first partner is to have half of all.
 */
export async function makeTemplate(
  databaseUrl: string,
  partnerCount: number,
): Promise<readonly TemplatePartner[]> {
  const store = await openStore(databaseUrl);
  await migrate(store);
  const { createdAt, seenAt } = findClosingMonth();
  let now: Instant = toInstant(createdAt);
  await ensureOperatorKey(store, createSealer(secretKey), operatorKey, now);
  const gateway = createGateway({
    store,
    log: createLog("warn"),
    secretKey,
    settings: { privateWebhooks: true },
    now: () => now,
  });
  const connect = (apiKey: string): Evergate =>
    new Evergate({
      apiKey,
      baseUrl: "http://gateway.bench",
      fetch: async (request) => gateway.app.fetch(request),
    });
  const operator = connect(operatorKey);
  const product = await operator.products.create({
    code: "BENCH",
    name: "Bench Endpoint Security",
    unit: "user",
    minQuantity: 1,
    maxQuantity: 10_000,
  });
  for (const channel of ["reseller", "msp"] as const)
    await operator.prices.create({
      product: product.id,
      channel,
      currency: "EUR",
      unitPrice: "2.35",
      validFrom: "2020-01-01",
      ...(channel === "msp" ? { tiers: [{ from: 100, discountPercent: "7.5" }] } : {}),
    });
  const partners: TemplatePartner[] = [];
  for (let number = 1; number <= partnerCount; number++) {
    const partner = await operator.partners.create({
      name: `Partner ${number}`,
      type: number % 4 === 0 ? "msp" : "reseller",
      currency: "EUR",
      timeZone: "Europe/Bratislava",
      billingPeriod: "calendar_month",
      taxRate: "20",
      mode: "live",
    });
    const { id: subscription } = await connect(partner.apiKey.secret).subscriptions.create({
      customer: { name: "Hotel Carpathia", externalId: "S-1" },
      product: product.id,
      quantity: 10,
    });
    const share = partnerCount === 1 ? 1 : number === 1 ? 0.5 : 0.5 / (partnerCount - 1);
    partners.push({ id: partner.id, apiKey: partner.apiKey.secret, share, subscription });
  }
  // Trials end, the month of creation is settled, and the month that is to be closed begins.
  now = toInstant(seenAt);
  gateway.start();
  const isOpen = async ({ apiKey, subscription }: TemplatePartner): Promise<boolean> =>
    (await connect(apiKey).subscriptions.get(subscription)).period !== null;
  for (const partner of partners) while (!(await isOpen(partner))) await delay(100);
  await delay(1_500);
  await gateway.stop();
  await store.close();
  return partners;
}
