import pino from "pino";
import { describe, expect, onTestFinished, test } from "vitest";
import { createGateway } from "./create-gateway.ts";
import { openStore } from "./store/open-store.ts";
import { openDeliveryBench, until } from "./testing/open-delivery-bench.ts";
import { testStores } from "./testing/open-test-stores.ts";
import { startReceiver } from "./testing/start-receiver.ts";
import { testSecretKey } from "./testing/start-test-gateway.ts";

describe.each(testStores)("a gateway on $name", (stores) => {
  test("delivers by the connections that it has beside those of requests alone", async () => {
    const bench = await openDeliveryBench(stores);
    const receiver = await startReceiver();
    await bench.addEndpoint(receiver.url, { signatures: ["v1", "v1a"] });
    await bench.addEvents("sub_a");
    // Nothing listens at this port.
    const unreachable = await openStore("postgres://nobody@127.0.0.1:1/none");
    const gateway = createGateway({
      store: unreachable,
      storeBeside: bench.store,
      log: pino({ level: "silent" }),
      secretKey: testSecretKey,
      settings: { privateWebhooks: true },
      now: bench.world.gateway.gateway.services.now,
    });
    onTestFinished(async () => {
      await gateway.stop();
      await unreachable.close();
    });
    gateway.start();
    await until(() => receiver.received.length === 1);
    expect(receiver.received[0]?.headers["webhook-signature"]).toMatch(/^v1,\S+ v1a,\S+$/);
  });
});
