import type { TestStores } from "../../../gateway/src/testing/open-test-stores.ts";
import {
  startTestGateway,
  type TestGateway,
  type testNow,
} from "../../../gateway/src/testing/start-test-gateway.ts";
import { Evergate } from "../index.ts";

/** A new partner's client of a new gateway with everything running. */
export async function openPartner(
  stores: TestStores,
): Promise<{ readonly gateway: TestGateway; readonly evergate: Evergate }> {
  const gateway = await startTestGateway(stores, {
    withBackground: true,
    // Signatures bear the real time.
    now: Date.now() as typeof testNow,
  });
  const connect = (apiKey: string): Evergate =>
    new Evergate({ apiKey, baseUrl: gateway.baseUrl, fetch: gateway.fetch });
  const partner = await connect(gateway.operatorKey).partners.create({
    name: "Danube Telecom",
    type: "xsp",
    currency: "EUR",
    timeZone: "Europe/Bratislava",
    billingPeriod: "calendar_month",
    mode: "sandbox",
  });
  return { gateway, evergate: connect(partner.apiKey.secret) };
}
