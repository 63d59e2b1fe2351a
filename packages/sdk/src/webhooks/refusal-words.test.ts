import { describe, expect, test } from "vitest";
import { testStores } from "../../../gateway/src/testing/open-test-stores.ts";
import { sdkRefusals } from "../../../gateway/src/webhooks/delivery/sdk-refusals.ts";
import type { WebhookRefusal } from "../errors.ts";
import { listen } from "../testing/listen.ts";
import { openPartner } from "../testing/open-partner.ts";
import { createReceiver } from "../webhooks.ts";

test("the gateway knows what each of our refusals means to the endpoint's owner", () => {
  // What counts is that this compiles: not one is missing.
  const meanings: Readonly<Record<WebhookRefusal, string>> = sdkRefusals;
  expect(meanings.signature_wrong).toContain("another secret");
});

describe.each(testStores)("a receiver with another secret, and a gateway on $name", (stores) => {
  test("the attempt, and a verification, say that it is the secret", async () => {
    const { evergate } = await openPartner(stores);
    const { listener } = createReceiver({
      endpoint: "wh_01m86d3dj0fhrrs8thyv5t4a1p",
      keys: `whsec_${Buffer.alloc(32, 9).toString("base64")}`,
      take: () => {},
      received: () => [],
      onError: () => {},
    });
    const url = await listen(listener);
    const { id } = await evergate.webhookEndpoints.create({ url, eventTypes: ["customer.*"] });
    await evergate.customers.create({ name: "Hotel Carpathia" });
    const listAttempts = () => evergate.webhookEndpoints.listAttempts(id);
    await expect.poll(async () => (await listAttempts()).data.length, { timeout: 8_000 }).toBe(1);
    const said =
      "The endpoint answered 400 (signature_wrong): no signature fits, so it has another secret than this endpoint's, or the body reached it changed.";
    expect((await listAttempts()).data).toMatchObject([{ responseStatus: 400, error: said }]);
    await expect(evergate.webhookEndpoints.verify(id)).rejects.toMatchObject({
      code: "webhook_challenge_failed",
      detail: `Verifying failed. ${said}`,
    });
  });
});
