import { describe, expect, test } from "vitest";
import type { components } from "../../generated/api.ts";
import { answerChallenges } from "../../testing/answer-challenges.ts";
import { openDeliveryBench, until, type DeliveryBench } from "../../testing/open-delivery-bench.ts";
import { testStores } from "../../testing/open-test-stores.ts";
import { never } from "../../store/waits.ts";
import { startReceiver } from "../../testing/start-receiver.ts";
import { answerChallenge } from "./challenge.ts";

type Schemas = components["schemas"];
type Endpoint = Schemas["WebhookEndpoint"];
type Created = Schemas["CreatedWebhookEndpoint"];

const other = `whsec_${Buffer.alloc(32, 9).toString("base64")}`;
const failed = (detail: string): object => ({
  status: 422,
  body: { code: "webhook_challenge_failed", detail: expect.stringContaining(detail) },
});

describe.each(testStores)("the proof that an endpoint has its secret on $name", (stores) => {
  const verify = ({ world }: DeliveryBench, { id }: { readonly id: string }) =>
    world.api.call<Endpoint>("POST", `/v1/webhook-endpoints/${id}/verify`);
  const idsOf = (received: readonly { readonly id: string }[]): readonly string[] =>
    received.map(({ id }) => id).filter((id) => id.startsWith("evt_"));

  test("nothing is delivered before it, and nothing of that is lost", async () => {
    const bench = await openDeliveryBench(stores);
    const receiver = await startReceiver();
    const endpoint = await bench.addEndpoint(receiver.url, { challenge: true });
    answerChallenges(receiver, endpoint.secret);
    expect(endpoint).toMatchObject({ challenge: true, verifiedAt: null });
    bench.startWorker();
    const control = await startReceiver();
    await bench.addEndpoint(control.url);
    const before = await bench.addEvents("sub_a", "sub_a", "sub_a");
    await until(() => control.received.length === 3);
    expect(receiver.received).toEqual([]);

    bench.passMs(1_000);
    expect(await verify(bench, endpoint)).toMatchObject({
      status: 200,
      body: { id: endpoint.id, challenge: true, verifiedAt: "2026-11-24T09:00:01Z" },
    });
    await until(() => idsOf(receiver.received).length === 3);
    const after = await bench.addEvents("sub_a");
    await until(() => idsOf(receiver.received).length === 4);
    expect(idsOf(receiver.received)).toEqual([...before, ...after]);
    const { data } = await bench.world.api.ask<Schemas["AuditEntryList"]>(
      "GET",
      `/v1/audit-log?subject=${endpoint.id}`,
    );
    expect(data[0]).toMatchObject({
      action: "verifyWebhookEndpoint",
      before: { verifiedAt: null },
      after: { verifiedAt: "2026-11-24T09:00:01Z" },
    });
  });

  test("the challenge is signed, bears the headers of one's own, and is no event", async () => {
    const bench = await openDeliveryBench(stores);
    const receiver = await startReceiver();
    const endpoint = await bench.addEndpoint(receiver.url, { headers: { "X-Token": "t" } });
    answerChallenges(receiver, endpoint.secret);
    expect(await verify(bench, endpoint)).toMatchObject({ status: 200 });
    const [challenge] = receiver.received;
    expect(challenge?.headers).toMatchObject({
      "x-token": "t",
      "webhook-id": expect.stringMatching(/^challenge_/),
      "webhook-signature": expect.stringMatching(/^v1,[^ ]{44}$/),
    });
    expect(JSON.parse(challenge?.body ?? "")).toEqual({
      type: "webhook_endpoint.challenge",
      timestamp: "2026-11-24T09:00:00Z",
      data: { endpoint: endpoint.id, challenge: expect.stringMatching(/^[\w-]{43}$/) },
    });
    expect(await bench.listAttempts(endpoint.id)).toEqual([]);
    expect(await bench.world.api.ask("GET", "/v1/events?type=webhook_endpoint.*")).toMatchObject({
      data: [],
    });
  });

  test("who verifies with the gateway's public keys can tell that it is the gateway that asks", async () => {
    const bench = await openDeliveryBench(stores);
    const receiver = await startReceiver();
    const endpoint = await bench.addEndpoint(receiver.url, { signatures: ["v1", "v1a"] });
    answerChallenges(receiver, endpoint.secret);
    expect(await verify(bench, endpoint)).toMatchObject({ status: 200 });
    expect(receiver.received[0]?.headers["webhook-signature"]).toMatch(/^v1,\S+ v1a,\S{88}$/);
  });

  test("422 webhook_challenge_failed says what came instead, and changes nothing", async () => {
    const bench = await openDeliveryBench(stores);
    const receiver = await startReceiver();
    const endpoint = await bench.addEndpoint(receiver.url, { challenge: true });
    const noProof = "only who has its present secret can give";
    receiver.answer((response) => response.writeHead(404).end("no such route"));
    expect(await verify(bench, endpoint)).toMatchObject(
      failed(
        "Verifying failed. The endpoint answered 404: there is nothing at this path. Its answer: no such route",
      ),
    );
    receiver.answer((response) => response.writeHead(500).end(`<h1>${"🌍".repeat(200)}`));
    expect(await verify(bench, endpoint)).toMatchObject(
      failed(
        `Verifying failed. The endpoint answered 500. Its answer begins: <h1>${"🌍".repeat(98)}`,
      ),
    );
    receiver.answer((response) => response.writeHead(400).end("signature_wrong"));
    expect(await verify(bench, endpoint)).toMatchObject(
      failed("The endpoint answered 400 (signature_wrong): no signature fits, so it has another"),
    );
    receiver.answer((response) => response.writeHead(410).end());
    expect(await verify(bench, endpoint)).toMatchObject(
      failed("The endpoint answered 410 (gone for good)."),
    );
    receiver.answer((response, { body }) => response.writeHead(200).end(body));
    expect(await verify(bench, endpoint)).toMatchObject(failed(noProof));
    receiver.answer((response, { headers }) =>
      response.writeHead(200).end(JSON.stringify({ answer: headers["webhook-signature"] })),
    );
    expect(await verify(bench, endpoint)).toMatchObject(failed(noProof));
    answerChallenges(receiver, other);
    expect(await verify(bench, endpoint)).toMatchObject(failed(noProof));
    receiver.answer((response) => response.writeHead(302, { location: receiver.url }).end());
    expect(await verify(bench, endpoint)).toMatchObject(failed("redirects are not followed"));
    expect(await bench.world.api.ask("GET", `/v1/webhook-endpoints/${endpoint.id}`)).toMatchObject({
      verifiedAt: null,
    });
  });

  test("a rotated endpoint has to prove the new secret; the earlier one, good as it is, proves nothing", async () => {
    const bench = await openDeliveryBench(stores);
    const receiver = await startReceiver();
    const endpoint = await bench.addEndpoint(receiver.url);
    answerChallenges(receiver, endpoint.secret);
    expect(await verify(bench, endpoint)).toMatchObject({
      body: { verifiedAt: "2026-11-24T09:00:00Z" },
    });
    bench.startWorker();
    const path = `/v1/webhook-endpoints/${endpoint.id}`;
    const rotated = await bench.world.api.ask<Created>("POST", `${path}/rotate-secret`, {
      challenge: true,
    });
    expect(rotated).toMatchObject({ challenge: true, verifiedAt: null });
    const queued = await bench.addEvents("sub_a");
    expect(await verify(bench, endpoint)).toMatchObject({ status: 422 });
    answerChallenges(receiver, rotated.secret);
    expect(idsOf(receiver.received)).toEqual([]);
    expect(await verify(bench, endpoint)).toMatchObject({ status: 200 });
    await until(() => idsOf(receiver.received).length === 1);
    expect(idsOf(receiver.received)).toEqual(queued);
  });

  test("another URL has proved nothing; no longer asking for the proof lets everything through", async () => {
    const bench = await openDeliveryBench(stores);
    const receiver = await startReceiver();
    const moved = await startReceiver();
    const endpoint = await bench.addEndpoint(receiver.url, { challenge: true });
    answerChallenges(receiver, endpoint.secret);
    expect(await verify(bench, endpoint)).toMatchObject({ status: 200 });
    bench.startWorker();
    const path = `/v1/webhook-endpoints/${endpoint.id}`;
    expect(await bench.world.api.ask("PATCH", path, { url: moved.url })).toMatchObject({
      challenge: true,
      verifiedAt: null,
    });
    const queued = await bench.addEvents("sub_a");
    expect(moved.received).toEqual([]);
    await bench.world.api.ask("PATCH", path, { challenge: false });
    await until(() => moved.received.length === 1);
    expect(idsOf(moved.received)).toEqual(queued);
    expect(idsOf(receiver.received)).toEqual([]);
  });

  test("one that was disabled for failing is not probed before the proof, and then at once", async () => {
    const bench = await openDeliveryBench(stores);
    const receiver = await startReceiver();
    const { id } = await bench.addEndpoint(receiver.url);
    const { now } = bench.world.gateway.gateway.services;
    await bench.store.transaction(async (tx) => {
      await tx.updateTable("webhook_endpoints").set({ is_enabled: 0 }).execute();
      await tx
        .updateTable("webhook_queues")
        .set({ disabled_at: now(), disabled_reason: "failing", resumes_at: now() + 60_000 })
        .execute();
    });
    const listRests = () =>
      bench.store.reader.selectFrom("webhook_queues").select("resumes_at").execute();
    const path = `/v1/webhook-endpoints/${id}`;
    const { secret } = await bench.world.api.ask<Created>("POST", `${path}/rotate-secret`, {
      challenge: true,
    });
    expect(await listRests()).toEqual([{ resumes_at: never }]);
    await bench.world.api.ask("PATCH", path, { description: "Still owes it" });
    expect(await listRests()).toEqual([{ resumes_at: never }]);
    answerChallenges(receiver, secret);
    expect(await verify(bench, { id })).toMatchObject({ status: 200, body: { enabled: false } });
    expect(await listRests()).toEqual([{ resumes_at: now() }]);
  });

  test("an answer to what has been changed meanwhile is worth nothing", async () => {
    const bench = await openDeliveryBench(stores);
    const receiver = await startReceiver();
    const endpoint = await bench.addEndpoint(receiver.url, { challenge: true });
    const path = `/v1/webhook-endpoints/${endpoint.id}`;
    const { promise: asked, resolve: tell } = Promise.withResolvers<() => void>();
    receiver.answer((response, { body }) => {
      const { data } = JSON.parse(body);
      const answer = answerChallenge(data.endpoint, data.challenge, endpoint.secret);
      tell(() => response.end(JSON.stringify({ answer })));
    });
    const verifying = verify(bench, endpoint);
    const answer = await asked;
    await bench.world.api.ask("POST", `${path}/rotate-secret`, { overlapSeconds: 0 });
    answer();
    expect(await verifying).toMatchObject(failed("changed while it was asked"));
  });

  test("503 for the third of a partner's endpoints while two keep silent", async () => {
    const bench = await openDeliveryBench(stores);
    const silent = await startReceiver();
    const answers: (() => void)[] = [];
    silent.answer((response) => answers.push(() => response.writeHead(500).end()));
    const endpoint = await bench.addEndpoint(silent.url);
    const both = [verify(bench, endpoint), verify(bench, endpoint)];
    await until(() => silent.received.length === 2);
    const third = await verify(bench, endpoint);
    expect(third).toMatchObject({ status: 503, body: { code: "unavailable" } });
    expect(third.headers.get("retry-after")).toBe("5");
    for (const answer of answers) answer();
    for (const reply of await Promise.all(both)) expect(reply.status).toBe(422);
    silent.answer((response) => response.writeHead(500).end());
    expect((await verify(bench, endpoint)).status).toBe(422);
  });

  test("nothing is sent to an address that deliveries may not go to", async () => {
    const bench = await openDeliveryBench(stores);
    const receiver = await startReceiver();
    const endpoint = await bench.addEndpoint(receiver.url);
    const strict = await openDeliveryBench(stores, { privateWebhooks: false });
    const { id } = await strict.addEndpoint("https://hooks.example.com/");
    await strict.store.transaction((tx) =>
      tx.updateTable("webhook_endpoints").set({ url: endpoint.url }).where("id", "=", id).execute(),
    );
    expect(await verify(strict, { id })).toMatchObject(failed("Nothing was sent"));
    expect(receiver.received).toEqual([]);
  });
});
