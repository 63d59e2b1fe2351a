import { setTimeout as sleep } from "node:timers/promises";
import { toInstant } from "@evergate/core";
import { Webhook as StandardWebhook } from "standardwebhooks";
import { Webhook as SvixWebhook } from "svix";
import { sql } from "kysely";
import { describe, expect, onTestFinished, test } from "vitest";
import { createSecretBox } from "../../secrets/secret-box.ts";
import type { components } from "../../generated/api.ts";
import { StoreUnavailableError } from "../../store/store.ts";
import { leaseQueues, listLeaseOwners } from "../../store/webhook-leases.ts";
import { openDeliveryBench, until } from "../../testing/open-delivery-bench.ts";
import { testStores } from "../../testing/open-test-stores.ts";
import { startReceiver } from "../../testing/start-receiver.ts";

type Schemas = components["schemas"];

describe.each(testStores)("deliveries on $name", (stores) => {
  test("an event's very bytes arrive signed, as svix and standardwebhooks verify", async () => {
    // Both libraries compare with the real clock.
    const bench = await openDeliveryBench(stores, {
      now: toInstant(Math.floor(Date.now() / 1_000) * 1_000),
    });
    const receiver = await startReceiver();
    const endpoint = await bench.addEndpoint(receiver.url);
    const [id = ""] = await bench.addEvents("sub_a");
    bench.startWorker();
    await until(async () => (await bench.listAttempts(endpoint.id)).length === 1);
    const { headers, body } = receiver.received[0]!;
    const signed = {
      "webhook-id": String(headers["webhook-id"]),
      "webhook-timestamp": String(headers["webhook-timestamp"]),
      "webhook-signature": String(headers["webhook-signature"]),
    };
    expect(() => new SvixWebhook(endpoint.secret).verify(body, signed)).not.toThrow();
    expect(new StandardWebhook(endpoint.secret).verify(body, signed)).toMatchObject({
      type: "subscription.renewed",
      data: { name: "Žilina ✓" },
    });
    expect(() => new StandardWebhook(endpoint.secret).verify(`${body} `, signed)).toThrow(
      "No matching signature",
    );
    const stored = await bench.store.reader
      .selectFrom("events")
      .select("payload")
      .where("id", "=", id)
      .executeTakeFirstOrThrow();
    expect(body).toBe(
      `${stored.payload.slice(0, -1)},"delivery":{"endpoint":"${endpoint.id}","sequence":1}}`,
    );
    expect(headers).toMatchObject({
      "webhook-id": id,
      "content-type": "application/json",
      "user-agent": expect.stringMatching(/^Evergate\/\d/),
    });
    expect(await bench.listAttempts(endpoint.id)).toMatchObject([
      {
        event: id,
        eventType: "subscription.renewed",
        attempt: 1,
        status: "succeeded",
        responseStatus: 204,
        error: null,
        nextAttemptAt: null,
      },
    ]);
  });

  test("a failure is tried again after its delay, never earlier", async () => {
    const bench = await openDeliveryBench(stores);
    const receiver = await startReceiver();
    receiver.answer((response, _request, index) =>
      response.writeHead(index === 0 ? 500 : 200).end("so\u0000 it\nis"),
    );
    const endpoint = await bench.addEndpoint(receiver.url);
    await bench.addEvents("sub_a");
    bench.startWorker();
    await until(async () => (await bench.listAttempts(endpoint.id)).length === 1);
    expect(await bench.listAttempts(endpoint.id)).toMatchObject([
      // 5 s and the whole jitter of 20 %.
      {
        attempt: 1,
        status: "failed",
        responseStatus: 500,
        error: "The endpoint answered 500.",
        nextAttemptAt: "2026-11-24T09:00:06Z",
      },
    ]);
    bench.passMs(5_999);
    await sleep(50);
    expect(receiver.received).toHaveLength(1);
    bench.passMs(1);
    await until(async () => (await bench.listAttempts(endpoint.id)).length === 2);
    expect(await bench.listAttempts(endpoint.id)).toMatchObject([
      { attempt: 1, nextAttemptAt: null },
      { attempt: 2, status: "succeeded", error: null },
    ]);
    const excerpts = await bench.store.reader
      .selectFrom("webhook_attempts")
      .select("response_excerpt")
      .orderBy("id")
      .execute();
    expect(excerpts.map((row) => row.response_excerpt)).toEqual(["so  it is", "so  it is"]);
  });

  test("an endpoint that hangs is given up on after the time-out and starves no other", async () => {
    const bench = await openDeliveryBench(stores);
    const [hanging, healthy] = [await startReceiver(), await startReceiver()];
    hanging.answer(() => {});
    const hangingEndpoint = await bench.addEndpoint(hanging.url);
    await bench.addEndpoint(healthy.url);
    await bench.addEvents(...Array.from({ length: 20 }, (_, index) => `sub_${index}`));
    const worker = bench.startWorker({ timeoutMs: 1_500, perEndpoint: 3, total: 6 });
    await until(() => healthy.received.length === 20);
    expect(hanging.received).toHaveLength(3);
    expect(hanging.mostAtOnce()).toBe(3);
    await until(async () => (await bench.listAttempts(hangingEndpoint.id)).length >= 3);
    expect((await bench.listAttempts(hangingEndpoint.id))[0]).toMatchObject({
      status: "failed",
      responseStatus: null,
      error: "No answer came within 1.5 seconds.",
    });
    await worker.stop();
  });

  test("endpoints are served in turn where there is room for few", async () => {
    const bench = await openDeliveryBench(stores);
    const receivers = [await startReceiver(), await startReceiver(), await startReceiver()];
    const order: number[] = [];
    for (const [index, receiver] of receivers.entries()) {
      receiver.answer((response) => {
        order.push(index);
        response.writeHead(200).end();
      });
      await bench.addEndpoint(receiver.url);
    }
    await bench.addEvents("sub_a", "sub_b", "sub_c", "sub_d");
    bench.startWorker({ total: 1 });
    await until(() => order.length === 12);
    for (let round = 0; round < 12; round += 3)
      expect(order.slice(round, round + 3).toSorted()).toEqual([0, 1, 2]);
  });

  test("a status of 2xx is a success however slow the body is", async () => {
    const bench = await openDeliveryBench(stores);
    const receiver = await startReceiver();
    receiver.answer((response) => {
      response.writeHead(200);
      response.write("I am still thin");
    });
    const endpoint = await bench.addEndpoint(receiver.url);
    await bench.addEvents("sub_a");
    bench.startWorker();
    await until(async () => (await bench.listAttempts(endpoint.id)).length === 1);
    expect(await bench.listAttempts(endpoint.id)).toMatchObject([
      { status: "succeeded", responseStatus: 200 },
    ]);
  });

  test("of a big answer only the beginning is read", async () => {
    const bench = await openDeliveryBench(stores);
    const receiver = await startReceiver();
    let sentBytes = 0;
    receiver.answer((response) => {
      response.writeHead(500);
      const write = (): void => {
        while (sentBytes < 100_000_000 && !response.destroyed) {
          sentBytes += 65_536;
          if (!response.write(Buffer.alloc(65_536, "x"))) return;
        }
        response.end();
      };
      response.on("drain", write);
      write();
    });
    const endpoint = await bench.addEndpoint(receiver.url);
    await bench.addEvents("sub_a");
    bench.startWorker({ bodyMs: 5_000 });
    await until(async () => (await bench.listAttempts(endpoint.id)).length === 1);
    expect(sentBytes).toBeLessThan(20_000_000);
    const row = await bench.store.reader
      .selectFrom("webhook_attempts")
      .select("response_excerpt")
      .executeTakeFirstOrThrow();
    expect(row.response_excerpt).toBe("x".repeat(1_024));
  });

  test("a redirect is a failure and is not followed", async () => {
    const bench = await openDeliveryBench(stores);
    const [receiver, elsewhere] = [await startReceiver(), await startReceiver()];
    receiver.answer((response) => response.writeHead(307, { location: elsewhere.url }).end());
    const endpoint = await bench.addEndpoint(receiver.url);
    await bench.addEvents("sub_a");
    bench.startWorker();
    await until(async () => (await bench.listAttempts(endpoint.id)).length === 1);
    expect(await bench.listAttempts(endpoint.id)).toMatchObject([
      {
        status: "failed",
        responseStatus: 307,
        error: expect.stringContaining("redirects are not followed"),
      },
    ]);
    expect(elsewhere.received).toHaveLength(0);
  });

  test("410 switches the endpoint off; the record says so, and nothing is lost once it is on again", async () => {
    const bench = await openDeliveryBench(stores);
    const receiver = await startReceiver();
    receiver.answer((response) => response.writeHead(410).end());
    const endpoint = await bench.addEndpoint(receiver.url);
    const ids = await bench.addEvents("sub_a", "sub_a");
    bench.startWorker();
    const read = (): Promise<Schemas["WebhookEndpoint"]> =>
      bench.world.api.ask("GET", `/v1/webhook-endpoints/${endpoint.id}`);
    await until(async () => !(await read()).enabled);
    const { health: _, ...off } = await read();
    expect((await bench.listAttempts(endpoint.id))[0]).toMatchObject({
      status: "failed",
      responseStatus: 410,
      nextAttemptAt: null,
    });
    const log = await bench.world.api.ask(
      "GET",
      `/v1/audit-log?subject=${endpoint.id}&actor=clock`,
    );
    expect(log).toMatchObject({
      data: [
        {
          action: "webhook_endpoint.disabled",
          actor: "clock",
          before: { enabled: true },
          after: off,
        },
      ],
    });
    bench.passMs(60_000);
    await sleep(50);
    expect(receiver.received).toHaveLength(1);
    receiver.answer((response) => response.writeHead(200).end());
    await bench.world.api.ask("PATCH", `/v1/webhook-endpoints/${endpoint.id}`, { enabled: true });
    await until(() => receiver.received.length === 3);
    expect(receiver.received.map(({ id }) => id)).toEqual([ids[0], ...ids]);
  });

  test.each([
    { status: 429, retryAfter: "3600", next: "2026-11-24T10:00:00Z" },
    { status: 503, retryAfter: "Tue, 24 Nov 2026 12:00:00 GMT", next: "2026-11-24T12:00:00Z" },
    { status: 503, retryAfter: "9999999", next: "2026-11-25T09:00:00Z" },
    { status: 503, retryAfter: "1", next: "2026-11-24T09:00:06Z" },
    { status: 500, retryAfter: "3600", next: "2026-11-24T10:00:00Z" },
  ])(
    "$status with Retry-After: $retryAfter is tried again at $next",
    async ({ status, retryAfter, next }) => {
      const bench = await openDeliveryBench(stores);
      const receiver = await startReceiver();
      receiver.answer((response) =>
        response.writeHead(status, { "retry-after": retryAfter }).end(),
      );
      const endpoint = await bench.addEndpoint(receiver.url);
      await bench.addEvents("sub_a");
      bench.startWorker();
      await until(async () => (await bench.listAttempts(endpoint.id)).length === 1);
      expect(await bench.listAttempts(endpoint.id)).toMatchObject([
        { responseStatus: status, nextAttemptAt: next },
      ]);
    },
  );

  test("after the last attempt the event is given up and the next of its subscription goes out", async () => {
    const bench = await openDeliveryBench(stores);
    const receiver = await startReceiver();
    const endpoint = await bench.addEndpoint(receiver.url);
    const [first, second] = await bench.addEvents("sub_a", "sub_a");
    receiver.answer((response, { id }) => response.writeHead(id === first ? 500 : 200).end());
    bench.startWorker({ retryDelaysMs: [5_000] });
    await until(async () => (await bench.listAttempts(endpoint.id)).length === 1);
    bench.passMs(6_000);
    await until(async () => (await bench.listAttempts(endpoint.id)).length === 3);
    expect(await bench.listAttempts(endpoint.id)).toMatchObject([
      { event: first, attempt: 1, status: "failed", givenUp: false },
      { event: first, attempt: 2, status: "failed", nextAttemptAt: null, givenUp: true },
      { event: second, attempt: 1, status: "succeeded", givenUp: false },
    ]);
    bench.passMs(10 * 86_400_000);
    await sleep(50);
    expect(receiver.received).toHaveLength(3);
  });

  test("the events of one subscription arrive in order whatever fails, and hold no other up", async () => {
    const bench = await openDeliveryBench(stores);
    const receiver = await startReceiver();
    const endpoint = await bench.addEndpoint(receiver.url);
    const ids = await bench.addEvents("sub_a", "sub_b", "sub_a", null, "sub_b", "sub_a");
    const taken: string[] = [];
    const tries = new Map<string, number>();
    receiver.answer((response, { id }) => {
      tries.set(id, (tries.get(id) ?? 0) + 1);
      // Every event of A fails twice.
      if ([ids[0], ids[2], ids[5]].includes(id) && (tries.get(id) ?? 0) < 3)
        return response.writeHead(500).end();
      taken.push(id);
      return response.writeHead(200).end();
    });
    bench.startWorker({ retryDelaysMs: [1_000, 1_000, 1_000] });
    await until(() => taken.length === 3);
    expect(taken.toSorted()).toEqual([ids[1], ids[3], ids[4]].toSorted());
    expect(taken.indexOf(ids[1]!)).toBeLessThan(taken.indexOf(ids[4]!));
    await until(() => {
      bench.passMs(1_000);
      return taken.length === 6;
    });
    expect(taken.slice(3)).toEqual([ids[0], ids[2], ids[5]]);
    await until(async () => (await countPending(bench.store)) === 0);
    expect(await bench.listAttempts(endpoint.id)).toHaveLength(3 + 9);
  });

  test("a worker that is stopped finishes what is under way; the next one does the rest, and nothing twice", async () => {
    const bench = await openDeliveryBench(stores);
    const receiver = await startReceiver();
    receiver.answer((response) => void setTimeout(() => response.writeHead(200).end(), 30));
    await bench.addEndpoint(receiver.url);
    const ids = await bench.addEvents(
      ...Array.from({ length: 40 }, (_, index) => `sub_${index % 10}`),
    );
    const worker = bench.startWorker();
    await until(() => receiver.received.length >= 5);
    await worker.stop();
    const before = receiver.received.length;
    expect(before).toBeLessThan(40);
    await sleep(60);
    expect(receiver.received).toHaveLength(before);
    bench.startWorker();
    await until(async () => (await countPending(bench.store)) === 0);
    expect(receiver.received.map(({ id }) => id).toSorted()).toEqual(ids.toSorted());
  });

  test("what a killed process served is served by another: on PostgreSQL after its lease, on SQLite at once", async () => {
    const bench = await openDeliveryBench(stores);
    const receiver = await startReceiver();
    const endpoint = await bench.addEndpoint(receiver.url);
    await bench.addEvents("sub_a");
    const { services } = bench.world.gateway.gateway;
    const { dialect } = bench.store;
    // No process has a number as high as this.
    const leased = await bench.store.transaction((tx) =>
      leaseQueues(tx, dialect, "worker_dead.99999999", 1_000, services.now(), 10),
    );
    expect(leased).toMatchObject([{ endpoint: endpoint.id, lastSequence: 1 }]);
    const begunAt = performance.now();
    bench.startWorker();
    await until(async () => (await bench.listAttempts(endpoint.id)).length === 1);
    expect(performance.now() - begunAt > 900).toBe(dialect === "postgres");
    expect(await bench.listAttempts(endpoint.id)).toMatchObject([
      { attempt: 1, status: "succeeded" },
    ]);
  });

  // On SQLite a worker takes over from those of its own process.
  test.runIf(stores.name === "postgres")(
    "two workers at once deliver each event once, and each subscription's in order",
    async () => {
      const bench = await openDeliveryBench(stores);
      const receiver = await startReceiver();
      receiver.answer((response) => void setTimeout(() => response.writeHead(200).end(), 1));
      await bench.addEndpoint(receiver.url);
      const names = Array.from({ length: 200 }, (_, index) => `sub_${index % 40}`);
      const ids = await bench.addEvents(...names);
      bench.startWorker();
      bench.startWorker();
      await until(async () => (await countPending(bench.store)) === 0, 20_000);
      const got = receiver.received.map(({ id }) => id);
      expect(got.toSorted()).toEqual(ids.toSorted());
      for (const name of new Set(names)) {
        const own = ids.filter((_, index) => names[index] === name);
        expect(got.filter((id) => own.includes(id))).toEqual(own);
      }
    },
  );

  // On SQLite a worker takes over from those of its own process.
  test.runIf(stores.name === "postgres")(
    "a worker that is stopped leaves what has nothing under way at once, though something else hangs",
    async () => {
      const bench = await openDeliveryBench(stores);
      const [hanging, healthy] = [await startReceiver(), await startReceiver()];
      hanging.answer(() => {});
      await bench.addEndpoint(hanging.url);
      await bench.addEndpoint(healthy.url);
      await bench.addEvents("sub_a");
      const worker = bench.startWorker({ timeoutMs: 4_000, lookEveryMs: 1_000 });
      await until(() => hanging.received.length === 1 && healthy.received.length === 1);
      let hasStopped = false;
      // It has not heard of this one.
      await bench.addEvents("sub_b");
      void worker.stop().then(() => (hasStopped = true));
      bench.startWorker();
      await until(() => healthy.received.length === 2, 2_000);
      expect([hasStopped, hanging.received.length]).toEqual([false, 1]);
    },
  );

  // On SQLite whoever writes holds everything.
  test.runIf(stores.name === "postgres")(
    "somebody who stands still with an endpoint's queue in hands keeps no other endpoint waiting",
    async () => {
      const bench = await openDeliveryBench(stores);
      const [held, other] = [await startReceiver(), await startReceiver()];
      const { id } = await bench.addEndpoint(held.url);
      await bench.addEndpoint(other.url);
      await bench.addEvents("sub_a");
      bench.startWorker({ leaseMs: 1_200, timeoutMs: 200, idleMs: 100 });
      await until(() => held.received.length === 1 && other.received.length === 1);
      const choose = (...eventTypes: readonly string[]): Promise<unknown> =>
        bench.world.api.ask("PATCH", `/v1/webhook-endpoints/${id}`, { eventTypes });
      await choose("bill.*");
      const { promise: wakesUp, resolve: wake } = Promise.withResolvers<void>();
      const standing = bench.store.transaction(async (tx) => {
        await sql`select 1 from webhook_queues where endpoint = ${id} for update`.execute(tx);
        await wakesUp;
      });
      onTestFinished(() => wake());
      // For longer than the lease.
      for (let count = 2; count <= 6; count++) {
        await sleep(400);
        await bench.addEvents("sub_a");
        await until(() => other.received.length === count, 400);
      }
      wake();
      await standing;
      await choose("subscription.*");
      await bench.addEvents("sub_a");
      await until(() => held.received.length === 2);
    },
  );

  test("a database that fails for a while is logged and waited for", async () => {
    const bench = await openDeliveryBench(stores);
    const receiver = await startReceiver();
    const endpoint = await bench.addEndpoint(receiver.url);
    await bench.addEvents("sub_a");
    let failures = 3;
    const store = {
      ...bench.store,
      transaction: async <T>(work: Parameters<typeof bench.store.transaction<T>>[0]) => {
        if (failures-- > 0)
          throw Object.assign(new Error("gone"), {
            code: stores.name === "sqlite" ? "SQLITE_IOERR" : "ECONNRESET",
          });
        return bench.store.transaction(work);
      },
    };
    receiver.answer((response) => {
      // What is recorded now fails twice.
      failures = 2;
      response.writeHead(200).end();
    });
    bench.startWorker({}, { store });
    await until(async () => (await bench.listAttempts(endpoint.id)).length === 1);
    expect(receiver.received).toHaveLength(1);
    expect(failures).toBeLessThan(0);
    expect(await countPending(bench.store)).toBe(0);
  });

  test("an attempt that can't be stored is made again later each time, until it can", async () => {
    const bench = await openDeliveryBench(stores);
    const receiver = await startReceiver();
    const endpoint = await bench.addEndpoint(receiver.url);
    await bench.addEvents("sub_a");
    const change = (statement: string): Promise<void> =>
      bench.store.transaction(async (tx) => void (await sql.raw(statement).execute(tx)));
    await change(
      stores.name === "sqlite"
        ? "create trigger broken before insert on webhook_attempts begin select raise(abort, 'broken'); end"
        : "alter table webhook_attempts add constraint broken check (false) not valid",
    );
    bench.startWorker();
    const readRest = async (): Promise<string | null> => {
      const { health } = await bench.world.api.ask<Schemas["WebhookEndpoint"]>(
        "GET",
        `/v1/webhook-endpoints/${endpoint.id}`,
      );
      return health.restsUntil;
    };
    const rests: readonly (readonly [number, string])[] = [
      [1_000, "2026-11-24T09:00:01Z"],
      [2_000, "2026-11-24T09:00:03Z"],
      [4_000, "2026-11-24T09:00:07Z"],
    ];
    for (const [index, [restMs, restsUntil]] of rests.entries()) {
      await until(async () => (await readRest()) === restsUntil);
      bench.passMs(restMs - 1);
      await sleep(100);
      expect(receiver.received).toHaveLength(index + 1);
      if (index === 2)
        await change(
          stores.name === "sqlite"
            ? "drop trigger broken"
            : "alter table webhook_attempts drop constraint broken",
        );
      bench.passMs(1);
    }
    await until(async () => (await bench.listAttempts(endpoint.id)).length === 1);
    expect(receiver.received).toHaveLength(4);
    expect(await bench.listAttempts(endpoint.id)).toMatchObject([
      { attempt: 1, status: "succeeded" },
    ]);
  });

  test("an address that has become private is not connected to, and the attempt says so", async () => {
    const bench = await openDeliveryBench(stores);
    const receiver = await startReceiver();
    const literal = await bench.addEndpoint(receiver.url);
    const named = await bench.addEndpoint("https://hooks.example.com/");
    await bench.addEvents("sub_a");
    bench.startWorker(
      { resolveName: async () => ["93.184.215.14", "::ffff:127.0.0.1"] },
      { privateWebhooks: false },
    );
    await until(
      async () =>
        (await bench.listAttempts(literal.id)).length === 1 &&
        (await bench.listAttempts(named.id)).length === 1,
    );
    expect(await bench.listAttempts(literal.id)).toMatchObject([
      {
        status: "failed",
        responseStatus: null,
        error: expect.stringContaining("Nothing was sent: url leads to an address that is not"),
      },
    ]);
    expect(await bench.listAttempts(named.id)).toMatchObject([
      {
        status: "failed",
        responseStatus: null,
        error: "The host's address is not a public one; nothing was sent.",
      },
    ]);
    expect(receiver.received).toHaveLength(0);
  });

  test("an endpoint deleted during an attempt leaves nothing behind and disturbs nobody", async () => {
    const bench = await openDeliveryBench(stores);
    const [receiver, other] = [await startReceiver(), await startReceiver()];
    let release = (): void => {};
    receiver.answer((response) => {
      release = () => response.writeHead(200).end();
    });
    const endpoint = await bench.addEndpoint(receiver.url);
    const otherEndpoint = await bench.addEndpoint(other.url);
    await bench.addEvents("sub_a");
    bench.startWorker();
    await until(() => receiver.received.length === 1);
    await bench.world.api.ask("DELETE", `/v1/webhook-endpoints/${endpoint.id}`);
    release();
    await bench.addEvents("sub_b");
    await until(async () => (await bench.listAttempts(otherEndpoint.id)).length === 2);
    expect(
      await bench.store.reader
        .selectFrom("webhook_attempts")
        .select("id")
        .where("endpoint", "=", endpoint.id)
        .execute(),
    ).toEqual([]);
    expect(await countPending(bench.store)).toBe(0);
  });

  test("while an endpoint is off nothing goes out and nothing is lost; all goes out in order once it is on", async () => {
    const bench = await openDeliveryBench(stores);
    const receiver = await startReceiver();
    const endpoint = await bench.addEndpoint(receiver.url);
    const before = await bench.addEvents("sub_a");
    await bench.world.api.ask("PATCH", `/v1/webhook-endpoints/${endpoint.id}`, { enabled: false });
    const meanwhile = await bench.addEvents("sub_a");
    bench.startWorker();
    await sleep(50);
    expect(receiver.received).toHaveLength(0);
    await bench.world.api.ask("PATCH", `/v1/webhook-endpoints/${endpoint.id}`, { enabled: true });
    await until(async () => (await countPending(bench.store)) === 0);
    expect(receiver.received.map(({ id }) => id)).toEqual([...before, ...meanwhile]);
  });

  test("with a wrong key nothing is sent, and the attempt says whose matter it is", async () => {
    const bench = await openDeliveryBench(stores);
    const receiver = await startReceiver();
    const endpoint = await bench.addEndpoint(receiver.url);
    await bench.addEvents("sub_a");
    bench.startWorker({}, { secretBox: createSecretBox(Buffer.alloc(32, 8).toString("base64")) });
    await until(async () => (await bench.listAttempts(endpoint.id)).length === 1);
    expect(await bench.listAttempts(endpoint.id)).toMatchObject([
      { status: "failed", error: expect.stringContaining("can't sign it") },
    ]);
    expect(receiver.received).toHaveLength(0);
  });

  test("where the keys to sign with come too late, nothing is sent beyond the attempt's time", async () => {
    const bench = await openDeliveryBench(stores);
    const receiver = await startReceiver();
    const { services } = bench.world.gateway.gateway;
    const endpoint = await bench.addEndpoint(receiver.url, { signatures: ["v1", "v1a"] });
    await bench.addEvents("sub_a");
    let lateMs = 400;
    bench.startWorker(
      { timeoutMs: 300 },
      {
        signingKeys: {
          ...services.signingKeys,
          async listSigners() {
            await sleep(lateMs);
            return services.signingKeys.listSigners();
          },
        },
      },
    );
    await until(async () => (await bench.listAttempts(endpoint.id)).length === 1);
    expect(receiver.received).toHaveLength(0);
    expect(await bench.listAttempts(endpoint.id)).toMatchObject([
      { status: "failed", error: expect.stringContaining("Nothing was sent") },
    ]);
    lateMs = 0;
    bench.passMs(6_000);
    await until(async () => (await bench.listAttempts(endpoint.id)).length === 2);
    expect(receiver.received).toHaveLength(1);
  });

  test("stopping twice, or with nothing to do, ends at once", async () => {
    const bench = await openDeliveryBench(stores);
    const worker = bench.startWorker({ lookEveryMs: 60_000 });
    await Promise.all([worker.stop(), worker.stop()]);
  });

  test("endpoints that were leased when the database broke off are served all the same", async () => {
    const bench = await openDeliveryBench(stores);
    const receiver = await startReceiver();
    await bench.addEndpoint(receiver.url);
    await bench.addEvents("sub_a");
    let hasBrokenOff = false;
    bench.startWorker(
      { timeoutMs: 200, leaseMs: 1_500 },
      {
        store: {
          ...bench.store,
          async transaction(work) {
            const result = await bench.store.transaction(work);
            if (hasBrokenOff || (await listLeaseOwners(bench.store.reader)).length === 0)
              return result;
            hasBrokenOff = true;
            throw new StoreUnavailableError("The connection ended, and the answer was lost.");
          },
        },
      },
    );
    await until(() => receiver.received.length === 1);
    expect(hasBrokenOff).toBe(true);
  });
});

async function countPending(
  store: Awaited<ReturnType<typeof openDeliveryBench>>["store"],
): Promise<number> {
  const rows = await store.reader
    .selectFrom("webhook_deliveries")
    .select("event")
    .where("status", "=", "pending")
    .execute();
  return rows.length;
}
