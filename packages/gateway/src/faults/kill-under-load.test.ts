import { setTimeout as delay } from "node:timers/promises";
import { settlesAt, type Month } from "@evergate/core";
import { sql } from "kysely";
import { describe, expect, test } from "vitest";
import type { Store } from "../store/store.ts";
import { makeWorld, type Api, type Reply, type World } from "../testing/api.ts";
import { testStores } from "../testing/open-test-stores.ts";
import { countUnplacedEvents, findFaults } from "./find-faults.ts";
import { openDatabase } from "./open-database.ts";
import { createChance, takeSeed, type Chance } from "./random.ts";
import { startGatewayProcess, type GatewayProcess } from "./start-gateway-process.ts";
import { waitUntil } from "./wait-until.ts";

const kills = Number(process.env["EVERGATE_FAULTS_KILLS"] ?? "5");
const clientCount = 8;
const timeoutMs = 60_000 + kills * 4_000;

/** One request, and the answer that its client has seen in the end. */
interface Order {
  readonly key: string;
  readonly method: string;
  readonly path: string;
  readonly body: object | undefined;
  answer: Reply<unknown> | null;
}

/** The gateway that runs now; null between a death and the next birth. */
interface Stage {
  gateway: GatewayProcess | null;
  isOver: boolean;
}

/** Sends an order until it is answered, each time with its key; what says "try again" is no answer. */
async function insist(stage: Stage, secret: string, order: Order): Promise<void> {
  await waitUntil(`an answer to ${order.key}`, async () => {
    if (stage.gateway === null) return false;
    const reply = await send(stage.gateway.api(secret), order).catch(() => null);
    if (
      reply === null ||
      reply.status === 503 ||
      (reply.status === 409 && readCode(reply) === "idempotency_key_in_use")
    )
      return false;
    order.answer = reply;
    return true;
  });
}

function send(api: Api, { key, method, path, body }: Order): Promise<Reply<unknown>> {
  return api.call(method, path, body, {
    headers: { "idempotency-key": key, "evergate-actor": key },
  });
}

function readCode({ body }: Reply<unknown>): unknown {
  return typeof body === "object" && body !== null ? Reflect.get(body, "code") : undefined;
}

function readId({ body }: Reply<unknown>): string {
  return typeof body === "object" && body !== null ? String(Reflect.get(body, "id")) : "";
}

/** A client that makes subscriptions, and orders things for its own and for those of all the others. */
async function runClient(
  stage: Stage,
  world: World,
  shared: string[],
  orders: Order[],
  name: string,
  chance: Chance,
): Promise<void> {
  for (let count = 0; !stage.isOver; count++) {
    const key = `order-${name}-${count}`;
    const id = shared.length === 0 || chance.between(1, 4) === 1 ? null : chance.pick(shared);
    const order: Order = {
      key,
      answer: null,
      ...(id === null ? create(world, chance) : command(id, key, chance)),
    };
    orders.push(order);
    await insist(stage, world.partner.apiKey.secret, order);
    if (id === null && order.answer !== null) shared.push(readId(order.answer));
  }
}

function create(world: World, chance: Chance): Pick<Order, "method" | "path" | "body"> {
  // Nothing but the key tells one from its repetition.
  return {
    method: "POST",
    path: "/v1/subscriptions",
    body: {
      customer: { name: "Customer" },
      product: world.products.a.id,
      quantity: chance.between(1, 50),
      trial: "none",
    },
  };
}

function command(id: string, key: string, chance: Chance): Pick<Order, "method" | "path" | "body"> {
  const path = `/v1/subscriptions/${id}`;
  return chance.pick([
    { method: "PATCH", path, body: { quantity: chance.between(1, 500), metadata: { order: key } } },
    { method: "PATCH", path, body: { metadata: { order: key } } },
    { method: "POST", path: `${path}/pause`, body: { days: chance.between(1, 20) } },
    { method: "POST", path: `${path}/resume`, body: undefined },
  ]);
}

/** In one look: orders whose answer is kept without their record, or on record without a kept answer. */
async function findHalfDone({ reader }: Store): Promise<unknown[]> {
  const { rows } = await sql`
    select 'kept, not on record' as fault, key from idempotency_keys where status < 300 and not exists (select 1 from audit_log where actor = idempotency_keys.key)
    union all select 'on record, not kept', actor from audit_log where actor like 'order-%' and not exists (select 1 from idempotency_keys where key = audit_log.actor and status < 300)`.execute(
    reader,
  );
  return rows;
}

describe.each(testStores)("killed under load, on $name", (stores) => {
  test(
    "what was answered is there, what was not happens exactly once when it is tried again, and nothing is ever half done (R26, R27)",
    { timeout: timeoutMs },
    async () => {
      const seed = takeSeed(`kill-under-load ${stores.name}`);
      const chance = createChance(seed);
      const { url, store, gateway } = await openDatabase(stores);
      const world = await makeWorld(gateway, { mode: "live", type: "xsp" });
      const monthEndsAt = settlesAt("2026-12" as Month, "Europe/Bratislava");
      // A month ends under the clients' hands: charges and a bill are made between the kills.
      const clockOffsetMs = monthEndsAt - Date.now() - 6_000;

      const stage: Stage = {
        gateway: await startGatewayProcess(url, { clockOffsetMs }),
        isOver: false,
      };
      const orders: Order[] = [];
      const shared: string[] = [];
      const clients = Array.from({ length: clientCount }, (_, index) =>
        runClient(stage, world, shared, orders, String(index), createChance(seed + index)),
      );
      for (let count = 0; count < kills; count++) {
        const answered = orders.length;
        await waitUntil("the clients are at it again", () => orders.length > answered + 10);
        await delay(chance.between(0, 400));
        await stage.gateway?.kill();
        stage.gateway = null;
        expect(await findHalfDone(store)).toEqual([]);
        expect(await findFaults(store)).toEqual([]);
        stage.gateway = await startGatewayProcess(url, { clockOffsetMs });
      }
      await waitUntil(
        "the month has ended and is settled",
        async () => (await store.reader.selectFrom("bills").select("id").execute()).length === 1,
      );
      stage.isOver = true;
      await Promise.all(clients);
      await waitUntil(
        "every event has its place",
        async () => (await countUnplacedEvents(store.reader)) === 0,
      );

      const surprises = orders
        .filter(({ answer }) => answer === null || answer.status >= 500 || answer.status === 400)
        .map(({ key, answer }) => [key, answer?.status, answer?.body]);
      expect(surprises).toEqual([]);
      expect(await findHalfDone(store)).toEqual([]);
      expect(await findFaults(store)).toEqual([]);
      const done = orders.filter(({ answer }) => answer !== null && answer.status < 300);
      const created = done.filter(({ path }) => path === "/v1/subscriptions");
      const stored = await store.reader.selectFrom("subscriptions").select("id").execute();
      expect(stored.map(({ id }) => id).toSorted()).toEqual(
        created.map(({ answer }) => (answer === null ? "" : readId(answer))).toSorted(),
      );
      const recorded = await sql<{
        actor: string;
      }>`select actor from audit_log where actor like 'order-%' and action <> 'createCustomer' and subject like 'sub_%'`.execute(
        store.reader,
      );
      expect(recorded.rows.map(({ actor }) => actor).toSorted()).toEqual(
        done.map(({ key }) => key).toSorted(),
      );

      // Each key answers for ever what it has answered first, to the byte.
      for (const order of orders.filter((_, index) => index % 5 === 0)) {
        const again =
          stage.gateway === null
            ? null
            : await send(stage.gateway.api(world.partner.apiKey.secret), order);
        expect([
          order.key,
          again?.status,
          again?.headers.get("idempotency-replayed"),
          again?.body,
        ]).toEqual([order.key, order.answer?.status, "true", order.answer?.body]);
      }
      process.stdout.write(
        `kill-under-load ${stores.name}: ${orders.length} orders, ${done.length} carried out, ${created.length} subscriptions, ${kills} kills\n`,
      );
      await stage.gateway?.kill();
    },
  );
});
