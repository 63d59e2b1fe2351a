import type { IncomingMessage } from "node:http";
import { describe, expect, test } from "vitest";
import { testStores } from "../../../gateway/src/testing/open-test-stores.ts";
import { webhooks, type DeliveredEvent, type VerifyOptions, type WebhookKeys } from "../index.ts";
import { listen } from "../testing/listen.ts";
import { openPartner } from "../testing/open-partner.ts";

interface Receiver {
  readonly url: string;
  next(): Promise<DeliveredEvent>;
}

/** A partner's receiver, as the README has it for node:http. */
async function startReceiver(keys: WebhookKeys, options?: VerifyOptions): Promise<Receiver> {
  const taken: Promise<DeliveredEvent>[] = [];
  const waiting: ((event: Promise<DeliveredEvent>) => void)[] = [];
  const take = (request: IncomingMessage): Promise<DeliveredEvent> => {
    const event = webhooks.verify(request, keys, options);
    const next = waiting.shift();
    if (next === undefined) taken.push(event);
    else next(event);
    return event;
  };
  const url = await listen((request, response) => {
    take(request).then(
      () => response.writeHead(204).end(),
      () => response.writeHead(400).end(),
    );
  });
  return {
    url,
    next: () => taken.shift() ?? new Promise((resolve) => waiting.push(resolve)),
  };
}

describe.each(testStores)("with a gateway on $name", (stores) => {
  test("what the gateway delivers is verified, and is the event that it keeps", async () => {
    const { evergate } = await openPartner(stores);
    const secret = `whsec_${Buffer.alloc(32, 3).toString("base64")}`;
    const receiver = await startReceiver([
      `whsec_${Buffer.alloc(32, 4).toString("base64")}`,
      secret,
    ]);
    await evergate.webhookEndpoints.create({
      url: receiver.url,
      eventTypes: ["customer.*"],
      secret,
    });

    const customer = await evergate.customers.create({ name: "Žofia Horváthová ☕" });
    const event = await receiver.next();
    expect(event).toMatchObject({
      type: "customer.created",
      data: { id: customer.id, name: "Žofia Horváthová ☕", mode: "sandbox" },
    });
    const { delivery, ...stored } = event;
    expect(delivery.sequence).toBe(1);
    expect(await evergate.events.get(event.id)).toEqual(stored);
  });

  test("where the endpoint asks for v1a the gateway's published keys verify it, for this endpoint only", async () => {
    const { gateway, evergate } = await openPartner(stores);
    const keys = webhooks.publishedKeys(gateway.baseUrl, { fetch: gateway.fetch });
    const options: { expectedEndpoint: string[] } = { expectedEndpoint: ["wh_not_made_yet"] };
    const receiver = await startReceiver(keys, options);
    const { id } = await evergate.webhookEndpoints.create({
      url: receiver.url,
      eventTypes: ["customer.*"],
      signatures: ["v1", "v1a"],
    });
    options.expectedEndpoint = [id];
    await evergate.customers.create({ name: "Žofia" });
    const event = await receiver.next();
    expect(event).toMatchObject({ type: "customer.created", delivery: { endpoint: id } });
    options.expectedEndpoint = ["wh_of_somebody_else"];
    await evergate.customers.create({ name: "Ján" });
    await expect(receiver.next()).rejects.toMatchObject({ reason: "endpoint_wrong" });
    const { keys: published } = await evergate.webhookEndpoints.getKeys();
    expect(await keys.list()).toEqual(published.map(({ publicKey }) => publicKey));
  });
});
