import { mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { createServer, type AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { webhooks, type Evergate, type EvergateEvent } from "@evergate/sdk";
import { Webhook } from "standardwebhooks";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { testStores } from "../../testing/open-test-stores.ts";
import { runEvergate, startEvergate, type EvergateProcess } from "../../testing/run-evergate.ts";
import { startReceiver, type Received } from "../../testing/start-receiver.ts";
import { testOperatorKey } from "../../testing/start-test-gateway.ts";
import { serveApart, serveHere, takeSandbox, type Sandbox } from "../testing/start-sandbox.ts";

const slow = { timeout: 40_000, interval: 20 };

interface Delivered {
  readonly type: string;
  readonly data: { readonly id: string; readonly sequence?: number };
  readonly delivery: { readonly endpoint: string; readonly sequence: number };
}

const toDelivered = ({ body }: Received): Delivered => JSON.parse(body) as Delivered;

async function startListen(
  { env }: Pick<Sandbox, "env">,
  ...flags: readonly string[]
): Promise<EvergateProcess & { readonly secret: string }> {
  const listening = startEvergate(["listen", ...flags], env);
  // What was said before the first event is followed by an empty line.
  await expect
    .poll(() => `${listening.readOutput()}${listening.readErrors()}`, slow)
    .toMatch(/^$\n/m);
  return { ...listening, secret: /whsec_\S+/.exec(listening.readOutput())?.[0] ?? "" };
}

async function stop(listening: EvergateProcess): Promise<void> {
  listening.signal("SIGINT");
  expect([await listening.ended, listening.readErrors()]).toEqual([0, ""]);
}

async function subscribe(evergate: Evergate, name = "Hotel Carpathia") {
  return evergate.subscriptions.create({ customer: { name }, product: "code:BASE", quantity: 10 });
}

async function listAll(evergate: Evergate): Promise<readonly EvergateEvent[]> {
  const events: EvergateEvent[] = [];
  for await (const event of evergate.events.list({ limit: 200 })) events.push(event);
  return events;
}

/** A port that nobody listens on. */
async function findPort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => {
    server.listen(0, "127.0.0.1", resolve);
  });
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

function makeFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "evergate-listen-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

describe.each(testStores)("evergate listen on $name", (stores) => {
  test("forwards what happens from now on, signed, numbered without a gap, in order for each subscription", async () => {
    const gateway = await serveHere(stores);
    onTestFinished(() => gateway.close());
    const sandbox = await takeSandbox(gateway);
    const { evergate } = sandbox;
    await subscribe(evergate, "Before");
    const known = await listAll(evergate);
    const receiver = await startReceiver();
    const listening = await startListen(sandbox, "--forward-to", receiver.url);
    const { id } = await subscribe(evergate);
    await evergate.subscriptions.pause(id, { days: 3 });
    await evergate.sandbox.advanceClock({ to: "2026-12-02T00:00:00Z" });
    const events = (await listAll(evergate)).slice(known.length);
    expect(events.length).toBeGreaterThan(8);
    await expect.poll(() => receiver.received.length, slow).toBe(events.length);

    const delivered = receiver.received.map(toDelivered);
    expect(receiver.received.map((it) => it.id).toSorted()).toEqual(
      events.map((event) => event.id).toSorted(),
    );
    for (const [index, received] of receiver.received.entries()) {
      const { id, ...content } = events.find((event) => event.id === received.id)!;
      const { delivery, ...rest } = delivered[index]!;
      expect(rest).toEqual(content);
      expect(delivery).toEqual({
        endpoint: delivered[0]?.delivery.endpoint,
        sequence: events.findIndex((event) => event.id === id) + 1,
      });
      new Webhook(listening.secret).verify(
        received.body,
        received.headers as Record<string, string>,
      );
      const verified = await webhooks.verify(
        { headers: received.headers, body: received.body },
        listening.secret,
      );
      expect([verified.id, verified.type]).toEqual([id, content.type]);
    }
    const ofSubscription = delivered.filter(({ data }) => data.id === id);
    const numbers = ofSubscription.map(({ data }) => data.sequence ?? 0);
    expect(numbers).toEqual(numbers.toSorted((one, other) => one - other));
    expect(listening.readOutput()).toMatch(/^\d\d:\d\d:\d\d {2}204 .* subscription\.paused +evt_/m);
    await stop(listening);
  });

  test(
    "a gateway that is killed and started again is waited for, and nothing is missed",
    { timeout: 90_000 },
    async () => {
      const gateway = await serveApart(stores);
      const sandbox = await takeSandbox(gateway);
      const { evergate } = sandbox;
      const receiver = await startReceiver();
      const listening = await startListen(sandbox, "--forward-to", receiver.url);
      const names: string[] = [];
      for (const [round, signal] of (["SIGKILL", "SIGTERM"] as const).entries()) {
        for (let count = 0; count < 5; count++) {
          const { name } = await evergate.customers.create({ name: `Hotel ${round}.${count}` });
          names.push(name);
        }
        const from = performance.now();
        await gateway.restart(signal);
        // A request that waits for events holds up no end; that of others may take 20 s.
        expect(performance.now() - from).toBeLessThan(15_000);
      }
      names.push((await evergate.customers.create({ name: "Hotel after all" })).name);
      await expect.poll(() => receiver.received.length, slow).toBe(names.length);
      const delivered = receiver.received.map(toDelivered);
      expect(delivered.map(({ delivery }) => delivery.sequence).toSorted((a, b) => a - b)).toEqual(
        names.map((_, index) => index + 1),
      );
      await stop(listening);
    },
  );
});

const [stores] = testStores;
if (stores === undefined) throw new Error("There is no store to test on.");

describe("evergate listen", { timeout: 60_000 }, () => {
  let gateway: Awaited<ReturnType<typeof serveHere>>;
  beforeAll(async () => {
    gateway = await serveHere(stores);
  });
  afterAll(() => gateway.close());

  test("waits while nobody listens at the receiver's end, and then forwards all of it, in order", async () => {
    const sandbox = await takeSandbox(gateway);
    const { evergate } = sandbox;
    const port = await findPort();
    // What can't be reached counts for no event's tries.
    const flags = ["--forward-to", `localhost:${port}/hooks`, "--retries", "0"];
    const listening = await startListen(sandbox, ...flags);
    const { id } = await subscribe(evergate);
    await evergate.subscriptions.update(id, { quantity: 20 });
    await evergate.subscriptions.update(id, { quantity: 30 });
    await expect
      .poll(listening.readOutput, slow)
      .toMatch(/The connection was refused.* Again in 1 s/);
    await expect
      .poll(listening.readOutput, slow)
      .toMatch(/The connection was refused.* Again in 2 s/);
    const receiver = await startReceiver(port);
    const events = await listAll(evergate);
    const expected = events.filter(({ type }) => type !== "partner.approved");
    await expect.poll(() => receiver.received.length, slow).toBe(expected.length);
    const numbers = receiver.received
      .map(toDelivered)
      .filter(({ data }) => data.id === id)
      .map(({ data }) => data.sequence);
    expect(numbers).toEqual(numbers.map((_, index) => index + 1));
    expect(numbers.length).toBeGreaterThan(4);
    // One asked for all.
    expect(listening.readOutput().match(/refused/g)?.length).toBeLessThan(5);
    await stop(listening);
  });

  test("what is refused is tried again before the subscription's next event; others flow on", async () => {
    const sandbox = await takeSandbox(gateway);
    const { evergate } = sandbox;
    const receiver = await startReceiver();
    const sick = await subscribe(evergate, "Sick");
    let refusals = 0;
    receiver.answer((response, request) => {
      const { type, data } = toDelivered(request);
      if (type === "subscription.quantity_changed" && data.id === sick.id && refusals < 2) {
        refusals += 1;
        response.writeHead(500).end("\u001B[31mTypeError\u001B[0m: seats is undefined");
      } else response.writeHead(204).end();
    });
    const listening = await startListen(sandbox, "--forward-to", receiver.url);
    await evergate.subscriptions.update(sick.id, { quantity: 20 });
    await evergate.subscriptions.pause(sick.id, { days: 3 });
    await subscribe(evergate, "Healthy");
    const seen = (): string[] =>
      receiver.received
        .map(toDelivered)
        .filter(({ data }) => data.id === sick.id)
        .map(({ type }) => type);
    await expect
      .poll(seen, slow)
      .toEqual([
        "subscription.quantity_changed",
        "subscription.quantity_changed",
        "subscription.quantity_changed",
        "subscription.paused",
      ]);
    const types = receiver.received.map(toDelivered).map(({ type }) => type);
    expect(types.indexOf("customer.created")).toBeLessThan(types.indexOf("subscription.paused"));
    expect(listening.readOutput()).toMatch(
      /500 .*The endpoint answered 500\. Again in 1 s\.\n {2}TypeError: seats is undefined/,
    );
    const bodies = receiver.received
      .filter((it) => toDelivered(it).type === "subscription.quantity_changed")
      .map(({ body }) => body);
    expect(new Set(bodies).size).toBe(1);
    await stop(listening);
  });

  test("--retries gives an event up, says so, and goes on", async () => {
    const sandbox = await takeSandbox(gateway);
    const receiver = await startReceiver();
    receiver.answer((response) => response.writeHead(400).end());
    const listening = await startListen(
      sandbox,
      "--forward-to",
      receiver.url,
      "--retries",
      "1",
      "--events",
      "customer.created",
    );
    await sandbox.evergate.customers.create({ name: "Hotel" });
    await expect.poll(listening.readOutput, slow).toContain("Given up.");
    expect(receiver.received).toHaveLength(2);
    await stop(listening);
    expect(listening.readOutput()).not.toContain("not accepted");
  });

  test("--events numbers only what is wanted; --since begins earlier; --print-json is for programs", async () => {
    const sandbox = await takeSandbox(gateway);
    const { evergate } = sandbox;
    await subscribe(evergate);
    await evergate.sandbox.advanceClock({ to: "2026-11-25T09:00:00Z" });
    const { id: second } = await subscribe(evergate);
    const all = await listAll(evergate);
    const read = async (since: string, events: string): Promise<readonly Delivered[]> => {
      const words = ["--since", since, "--events", events, "--print-json"];
      const listening = await startListen(sandbox, ...words);
      let last = -1;
      // Nothing says where it ends: until nothing more comes.
      await expect
        .poll(
          () => {
            const length = listening.readOutput().length;
            const isQuiet = length === last && length > 0;
            last = length;
            return isQuiet;
          },
          { timeout: 20_000, interval: 500 },
        )
        .toBe(true);
      listening.signal("SIGTERM");
      expect(await listening.ended).toBe(0);
      return listening
        .readOutput()
        .trim()
        .split("\n")
        .map((line) => JSON.parse(line) as Delivered);
    };
    const created = await read("start", "subscription.created,customer.*");
    expect(created.map(({ type }) => type)).toEqual([
      "customer.created",
      "subscription.created",
      "customer.created",
      "subscription.created",
    ]);
    expect(created.map(({ delivery }) => delivery.sequence)).toEqual([1, 2, 3, 4]);
    const [first] = all;
    expect((await read(first?.id ?? "", "*")).map(({ type }) => type)).toEqual(
      all.slice(1).map(({ type }) => type),
    );
    const later = await read("2026-11-25T09:00:00Z", "subscription.created");
    expect(later.map(({ data }) => data.id)).toEqual([second]);
  });

  test("--remember: the next run is the same endpoint, and goes on where the last one stopped", async () => {
    const sandbox = await takeSandbox(gateway);
    const { evergate } = sandbox;
    const receiver = await startReceiver();
    const file = join(makeFolder(), "listen.json");
    const flags = ["--forward-to", receiver.url, "--remember", file];
    const before = await evergate.customers.create({ name: "Hotel" });
    receiver.answer((response, request) =>
      response.writeHead(toDelivered(request).data.id === before.id ? 500 : 204).end(),
    );
    const first = await startListen(sandbox, ...flags);
    await evergate.customers.update(before.id, { name: "Hotel Carpathia" });
    await evergate.customers.create({ name: "Let past" });
    const countOf = (type: string): number =>
      receiver.received.map(toDelivered).filter((it) => it.type === type).length;
    await expect.poll(() => countOf("customer.created"), slow).toBe(1);
    await expect.poll(() => countOf("customer.updated"), slow).toBeGreaterThan(0);
    await stop(first);
    expect(first.readOutput()).toContain("1 event was not accepted yet; the next time goes on");
    expect(statSync(file).mode & 0o077).toBe(0);

    await evergate.customers.create({ name: "Meanwhile" });
    receiver.answer((response) => response.writeHead(204).end());
    const earlier = receiver.received.length;
    const second = await startListen(sandbox, ...flags);
    expect(second.secret).toBe(first.secret);
    await expect.poll(() => receiver.received.length - earlier, slow).toBe(2);
    await stop(second);
    const [one, ...others] = receiver.received.map(toDelivered);
    expect(others.every(({ delivery }) => delivery.endpoint === one?.delivery.endpoint)).toBe(true);
    expect(
      receiver.received
        .slice(earlier)
        .map(toDelivered)
        .map(({ delivery }) => delivery.sequence)
        .toSorted(),
    ).toEqual([1, 3]);

    for (const [more, sentence] of [
      [["--since", "start"], "Leave --since out"],
      [["--events", "bill.*"], "Say the same"],
    ] as const) {
      const ran = await runEvergate(["listen", ...flags, ...more], sandbox.env);
      expect(ran).toMatchObject({ code: 1, errors: expect.stringContaining(sentence) });
    }
    writeFileSync(file, "{}");
    expect((await runEvergate(["listen", ...flags], sandbox.env)).errors).toContain("is not what");
  });

  test("keeps nothing on disk unless told so", async () => {
    const sandbox = await takeSandbox(gateway);
    const folder = makeFolder();
    const listening = await startListen({ env: { ...sandbox.env, HOME: folder, TMPDIR: folder } });
    await sandbox.evergate.customers.create({ name: "Hotel" });
    await expect.poll(listening.readOutput, slow).toMatch(/event {2}customer\.created/);
    await stop(listening);
    expect(readdirSync(folder)).toEqual([]);
  });

  test("an operator's key names the partner", async () => {
    const sandbox = await takeSandbox(gateway);
    const env = { ...sandbox.env, EVERGATE_API_KEY: testOperatorKey };
    const listening = await startListen({ env }, "--partner", sandbox.partner.id);
    await stop(listening);
  });

  test("a live partner's events are not for a developer's machine", async () => {
    const sandbox = await takeSandbox(gateway, { mode: "live" });
    for (const words of [["listen"], ["trigger", "customer.created"]]) {
      const ran = await runEvergate(words, sandbox.env);
      expect(ran).toMatchObject({
        code: 1,
        output: "",
        errors: expect.stringContaining("is live"),
      });
    }
    expect(await listAll(sandbox.evergate)).toHaveLength(1);
  });

  test("a key that is revoked ends it, with the reason", async () => {
    const sandbox = await takeSandbox(gateway);
    const listening = await startListen(sandbox);
    await gateway.operator.apiKeys.revoke(sandbox.partner.apiKey.id);
    await gateway.operator.customers.create({ name: "Hotel" }, { partner: sandbox.partner.id });
    expect(await listening.ended).toBe(1);
    expect(listening.readErrors()).toContain("This key has been revoked");
  });

  test("--since names an event of the sandbox", async () => {
    const { env } = await takeSandbox(gateway);
    const ran = await runEvergate(["listen", "--since", "evt_01m9fh5nt0e34s1f9fjkgqeren"], env);
    expect(ran).toMatchObject({
      code: 1,
      errors: "--since names evt_01m9fh5nt0e34s1f9fjkgqeren, which is no event of this sandbox.\n",
    });
  });

  test("says what is wrong before anything is done", async () => {
    const env = { EVERGATE_URL: `http://127.0.0.1:${await findPort()}`, EVERGATE_API_KEY: "evg_x" };
    const nobody = await runEvergate(["listen"], env);
    expect(nobody).toMatchObject({ code: 1, output: "" });
    expect(nobody.errors).toMatch(/^No gateway answers at http.*EVERGATE_URL\.\n$/);
  });
});
