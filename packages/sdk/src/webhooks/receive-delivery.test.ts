import { createServer, type IncomingMessage } from "node:http";
import { describe, expect, onTestFinished, test } from "vitest";
import { testStores } from "../../../gateway/src/testing/open-test-stores.ts";
import { startTestGateway, type testNow } from "../../../gateway/src/testing/start-test-gateway.ts";
import { Evergate, webhooks, type EvergateEvent } from "../index.ts";

interface Receiver {
  readonly url: string;
  next(): Promise<EvergateEvent>;
}

/** A partner's receiver, as the README has it for node:http. */
async function startReceiver(secrets: readonly string[]): Promise<Receiver> {
  const taken: Promise<EvergateEvent>[] = [];
  const waiting: ((event: Promise<EvergateEvent>) => void)[] = [];
  const take = (request: IncomingMessage): Promise<EvergateEvent> => {
    const event = webhooks.verify(request, secrets);
    const next = waiting.shift();
    if (next === undefined) taken.push(event);
    else next(event);
    return event;
  };
  const server = createServer((request, response) => {
    take(request).then(
      () => response.writeHead(204).end(),
      () => response.writeHead(400).end(),
    );
  });
  await new Promise<void>((resolve) => {
    server.listen(0, "127.0.0.1", resolve);
  });
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const address = server.address();
  return {
    url: `http://127.0.0.1:${typeof address === "object" ? address?.port : 0}/evergate`,
    next: () => taken.shift() ?? new Promise((resolve) => waiting.push(resolve)),
  };
}

describe.each(testStores)("with a gateway on $name", (stores) => {
  test("what the gateway delivers is verified, and is the event that it keeps", async () => {
    // Signatures bear the real time.
    const gateway = await startTestGateway(stores, {
      withBackground: true,
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
    const evergate = connect(partner.apiKey.secret);
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
    expect(await evergate.events.get(event.id)).toEqual(event);
  });
});
