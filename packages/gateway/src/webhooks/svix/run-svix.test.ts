import { toInstant } from "@evergate/core";
import pino from "pino";
import { describe, expect, onTestFinished, test } from "vitest";
import { placeNewEvents } from "../../events/place-events.ts";
import type { components } from "../../generated/api.ts";
import { findSvixBacklog } from "../../store/svix-queues.ts";
import { makeWorld, type World } from "../../testing/api.ts";
import { openDeliveryBench, until, type DeliveryBench } from "../../testing/open-delivery-bench.ts";
import { testStores, type TestStores } from "../../testing/open-test-stores.ts";
import { startSvixServer, type SvixServer } from "../../testing/start-svix-server.ts";
import { runSvix, type Handover, type SvixOptions } from "./run-svix.ts";

type Schemas = components["schemas"];

const impatient: Partial<SvixOptions> = {
  lookEveryMs: 5,
  firstRestMs: 10,
  longestRestMs: 40,
  refusalDelaysMs: [10, 20],
};

interface SvixBench extends DeliveryBench {
  readonly server: SvixServer;
  /** What was logged. */
  readonly readLog: () => string;
  /** Has the handing over's clock be ahead by so much. */
  setAhead(ms: number): void;
  /** Begins handing over; it is stopped when the test is over. */
  start(
    options?: Partial<SvixOptions> & { readonly token?: string; readonly url?: string },
  ): Handover;
  /** Has handed over before, so that all that comes from now on is to arrive. */
  begin(): Promise<Handover>;
}

async function openSvixBench(stores: TestStores): Promise<SvixBench> {
  const bench = await openDeliveryBench(stores);
  // What has its place before the first start is not handed over.
  await placeNewEvents(bench.store, bench.partner, bench.world.gateway.gateway.services.now);
  const server = await startSvixServer();
  let logged = "";
  let aheadMs = 0;
  const log = pino({ level: "info" }, { write: (line: string) => (logged += line) });
  // The bench's clock stands still; what is to be tried again has to fall due.
  const services = { store: bench.store, log, now: () => toInstant(Date.now() + aheadMs) };
  const start: SvixBench["start"] = ({
    token = server.token,
    url = server.url,
    ...options
  } = {}) => {
    const handover = runSvix(services, { url, token }, { ...impatient, ...options });
    onTestFinished(() => handover.stop());
    return handover;
  };
  return {
    ...bench,
    server,
    readLog: () => logged,
    start,
    setAhead: (ms) => (aheadMs = ms),
    async begin() {
      const handover = start();
      await until(async () => (await findSvixBacklog(bench.store.reader)) !== null);
      return handover;
    },
  };
}

const idsOf = ({ messages }: SvixServer): readonly string[] => messages.map((one) => one.eventId);

describe.each(testStores)("events handed to Svix, on $name", (stores) => {
  test("every event of each partner arrives once, in order, as the API answers it", async () => {
    const bench = await openSvixBench(stores);
    const { server, partner, world } = bench;
    await bench.addEvents("a", "a");
    await bench.begin();
    const ids = await bench.addEvents("a", "b", "a", null, "b", "a");
    // One that comes later begins with its first event.
    const later = await makeWorld(world.gateway, { name: "Tatra Cloud" });
    await later.subscribe();
    const { data } = await later.api.ask<Schemas["EventList"]>("GET", "/v1/events");
    expect(data.length).toBeGreaterThan(1);
    await until(() => server.messages.length >= ids.length + data.length);
    expect(idsOf(server).toSorted()).toEqual([...ids, ...data.map(({ id }) => id)].toSorted());
    expect([...server.applications]).toEqual(
      expect.arrayContaining([
        [partner, "Danube Telecom"],
        [later.partner.id, "Tatra Cloud"],
      ]),
    );
    const ofA = [ids[0], ids[2], ids[5]];
    expect(idsOf(server).filter((id) => ofA.includes(id))).toEqual(ofA);
    for (const event of data) {
      const message = server.messages.find(({ eventId }) => eventId === event.id);
      expect(message).toEqual({
        application: later.partner.id,
        eventId: event.id,
        eventType: event.type,
        payload: event,
        idempotencyKey: event.id,
      });
    }
    expect(bench.readLog()).toBe("");
    // An application that was deleted there is made again.
    server.applications.clear();
    const [next] = await bench.addEvents("a");
    await until(() => idsOf(server).at(-1) === next);
  });

  test.each([
    ["an error", { status: 500 }, "Svix answered 500."],
    ["a redirect", { status: 302, headers: { location: "/" } }, "Svix answered 302"],
    ["a success of something else", { status: 200 }, "but not as Svix does"],
  ])("%s stops everything for a while, and loses nothing", async (_, failure, sentence) => {
    const bench = await openSvixBench(stores);
    const { server } = bench;
    await bench.begin();
    const [first = ""] = await bench.addEvents("a");
    await until(() => server.messages.length === 1);
    const begunAt = performance.now();
    let asked = server.asked.length;
    server.answer(() => failure);
    const ids = await bench.addEvents("a", "b", "c", "a", "b", "c", null, "a");
    await until(() => server.asked.length >= asked + 8);
    // Four at once at first, then one at a time, each at least the longest rest after the one before.
    const rests = (performance.now() - begunAt) / 40;
    expect(server.asked.length - asked).toBeLessThanOrEqual(4 + 3 + rests);
    expect(server.messages).toHaveLength(1);
    expect(bench.readLog()).toContain(sentence);
    expect(bench.readLog()).not.toContain(server.token);
    const backlog = await findSvixBacklog(bench.store.reader);
    expect(backlog?.waiting).toBe(ids.length);
    expect(backlog?.refused?.error).toContain(sentence);
    server.answer(() => null);
    await until(() => server.messages.length === 1 + ids.length);
    asked = server.asked.length;
    expect(new Set(idsOf(server))).toEqual(new Set([first, ...ids]));
    for (const lane of [
      [0, 3, 7],
      [1, 4],
      [2, 5],
    ])
      expect(idsOf(server).filter((id) => lane.some((index) => ids[index] === id))).toEqual(
        lane.map((index) => ids[index]),
      );
    expect(bench.readLog()).toContain("Svix takes events again");
    await until(async () => (await findSvixBacklog(bench.store.reader))?.waiting === 0);
    expect(server.asked).toHaveLength(asked);
  });

  test("a rest that Svix asks for is kept", async () => {
    const bench = await openSvixBench(stores);
    const { server } = bench;
    await bench.begin();
    const askedAt: number[] = [];
    server.answer((_, index) => {
      askedAt.push(performance.now());
      return index === 0 ? { status: 429, headers: { "retry-after": "1" } } : null;
    });
    await bench.addEvents("a", "a");
    await until(() => server.messages.length === 2);
    expect((askedAt[1] ?? 0) - (askedAt[0] ?? 0)).toBeGreaterThanOrEqual(990);
  });

  test("a server that is down is waited for", async () => {
    const bench = await openSvixBench(stores);
    const down = await startSvixServer();
    await down.stop();
    const handover = bench.start({ url: down.url });
    await until(async () => (await findSvixBacklog(bench.store.reader)) !== null);
    const ids = await bench.addEvents("a", "b", "a");
    await until(() => bench.readLog().includes("Svix could not be reached: ECONNREFUSED."));
    await handover.stop();
    bench.start();
    await until(() => bench.server.messages.length === ids.length);
  });

  test("a wrong token is told, without it, and nothing is lost by it", async () => {
    const bench = await openSvixBench(stores);
    const { server } = bench;
    const handover = bench.start({ token: "testsk_hunter2" });
    await until(async () => (await findSvixBacklog(bench.store.reader)) !== null);
    const ids = await bench.addEvents("a", "b", "a");
    await until(() => bench.readLog().includes("Is EVERGATE_SVIX_TOKEN the one"));
    expect(bench.readLog()).not.toContain("hunter2");
    await handover.stop();
    expect(server.messages).toEqual([]);
    bench.start();
    await until(() => server.messages.length === ids.length);
  });

  test("an event that is refused holds its own subscription, and is tried until it is accepted", async () => {
    const bench = await openSvixBench(stores);
    const { server } = bench;
    await bench.begin();
    server.answer(() => ({ status: 422 }));
    const [refused = ""] = await bench.addEvents("a");
    await until(() => server.asked.includes(refused));
    server.answer((id) => (id === refused ? { status: 422 } : null));
    const ids = [refused, ...(await bench.addEvents("b", "a", "b"))];
    await until(() => server.messages.length === 2);
    const more = await bench.addEvents("a", "b");
    await until(() => server.messages.length === 3 && server.asked.length > 8);
    expect(idsOf(server)).toEqual([ids[1], ids[3], more[1]]);
    expect(bench.readLog()).toContain("Svix did not accept an event; it is tried again.");
    expect(await findSvixBacklog(bench.store.reader)).toMatchObject({
      waiting: 3,
      refused: { event: ids[0] },
    });
    server.answer(() => null);
    await until(() => server.messages.length === 6);
    expect(idsOf(server).slice(3)).toEqual([ids[0], ids[2], more[0]]);
  });

  test("what was refused while the clock was days ahead is tried once it is right again", async () => {
    const bench = await openSvixBench(stores);
    const { server } = bench;
    await bench.begin();
    bench.setAhead(10 * 86_400_000);
    server.answer(() => ({ status: 422 }));
    const [refused = ""] = await bench.addEvents("a");
    await until(async () => (await findSvixBacklog(bench.store.reader))?.refused !== null);
    bench.setAhead(0);
    const ids = [refused, ...(await bench.addEvents("a"))];
    server.answer(() => null);
    await until(() => server.messages.length === 2);
    expect(idsOf(server)).toEqual(ids);
  });

  test("an event by which Svix itself fails keeps the others waiting for a moment only", async () => {
    const bench = await openSvixBench(stores);
    const { server } = bench;
    await bench.begin();
    server.answer(() => ({ status: 500 }));
    const [bad = ""] = await bench.addEvents("a");
    // By now the rests are at their longest.
    await until(() => server.asked.length >= 5);
    server.answer((id) => (id === bad ? { status: 500 } : null));
    const ids = await bench.addEvents("b", "a", "c", "b");
    await until(() => server.messages.length === 3);
    expect(idsOf(server).toSorted()).toEqual([ids[0], ids[2], ids[3]].toSorted());
    server.answer(() => null);
    await until(() => server.messages.length === 5);
    expect(idsOf(server).slice(3)).toEqual([bad, ids[1]]);
  });

  test.each([
    ["within the time that its keys are kept", false],
    ["after it has forgotten the keys: by the event's id", true],
  ])("what was accepted without our learning it is not there twice, %s", async (_, forgets) => {
    const bench = await openSvixBench(stores);
    const { server } = bench;
    await bench.begin();
    await bench.addEvents("a");
    await until(() => server.messages.length === 1);
    const [begun] = idsOf(server);
    const asked = server.asked.length;
    const lost = new Set<string>();
    server.answer((id) => {
      if (forgets) server.forgetKeys();
      if (lost.has(id)) return null;
      lost.add(id);
      return "lost";
    });
    const ids = await bench.addEvents("a", "b", "a");
    await until(async () => (await findSvixBacklog(bench.store.reader))?.waiting === 0);
    expect(idsOf(server).toSorted()).toEqual([begun, ...ids].toSorted());
    expect(server.asked.length - asked).toBe(2 * ids.length);
  });
});

describe.each(testStores.filter(({ name }) => name === "postgres"))(
  "several that hand over from one database, on $name",
  (stores) => {
    test("share the partners, and ask for no event twice", async () => {
      const bench = await openSvixBench(stores);
      const { server, world } = bench;
      await bench.begin();
      for (let count = 0; count < 3; count++) bench.start();
      const worlds: World[] = [];
      while (worlds.length < 5) worlds.push(await makeWorld(world.gateway));
      for (let round = 0; round < 4; round++)
        await Promise.all(worlds.map((one) => one.subscribe()));
      const lists = await Promise.all(
        worlds.map(({ api }) => api.ask<Schemas["EventList"]>("GET", "/v1/events?limit=200")),
      );
      const ids = lists.flatMap(({ data }) => data.map(({ id }) => id));
      await until(() => server.messages.length >= ids.length);
      expect(idsOf(server).toSorted()).toEqual(ids.toSorted());
      // The one more is asked for again where a partner has no application yet.
      const twice = server.asked.filter((id, index) => server.asked.indexOf(id) !== index);
      expect(twice.length).toBeLessThanOrEqual(worlds.length * 4);
      expect(server.mostAtOnceOfOne()).toBe(1);
    });
  },
);
