import { createHmac } from "node:crypto";
import { describe, expect, test } from "vitest";
import { testStores } from "../../../gateway/src/testing/open-test-stores.ts";
import { EvergateProblem, webhooks } from "../index.ts";
import { listen } from "../testing/listen.ts";
import { openPartner } from "../testing/open-partner.ts";

const secretOf = (byte: number): string => `whsec_${Buffer.alloc(32, byte).toString("base64")}`;
const data = { endpoint: "wh_01m86d3dj0fhrrs8thyv5t4a1p", challenge: "x".repeat(43) };
const type = "webhook_endpoint.challenge";

describe("the answer to a challenge", () => {
  test("is an HMAC-SHA-256 for each secret", async () => {
    const expected = [1, 2].map((byte) => {
      const mac = createHmac("sha256", Buffer.alloc(32, byte));
      return `v1,${mac.update(`challenge.${data.endpoint}.${data.challenge}`).digest("base64")}`;
    });
    expect(await webhooks.answerChallenge({ type, data }, secretOf(1))).toEqual({
      answer: expected[0],
    });
    expect(await webhooks.answerChallenge({ type, data }, [secretOf(1), secretOf(2)])).toEqual({
      answer: expected.join(" "),
    });
  });

  test.each([
    { type: "subscription.paused", data },
    { type, data: {} },
    { type, data: { ...data, endpoint: "1700000000" } },
    { type, data: { ...data, challenge: `${data.challenge}.{}` } },
  ])("is none for %j", async (event) => {
    expect(await webhooks.answerChallenge(event, secretOf(1))).toBeNull();
  });
});

test.each(["", "whpk_AAAA", "whsec_***"])("secret_unusable: %j", async (secret) => {
  await expect(webhooks.answerChallenge({ type, data }, secret)).rejects.toMatchObject({
    reason: "secret_unusable",
  });
});

/** A receiver as the README has it, whose secrets can be changed. */
async function startReceiver(secrets: () => readonly string[]): Promise<{
  readonly url: string;
  readonly types: readonly string[];
}> {
  const types: string[] = [];
  const url = await listen((request, response) => {
    webhooks
      .verify(request, secrets())
      .then(async (event) => {
        const answer = await webhooks.answerChallenge(event, secrets());
        if (answer !== null) return response.writeHead(200).end(JSON.stringify(answer));
        types.push(event.type);
        return response.writeHead(204).end();
      })
      .catch(() => response.writeHead(400).end());
  });
  return { url, types };
}

describe.each(testStores)("with a gateway on $name", (stores) => {
  test("a receiver proves that it has its secret, and gets what has waited for it", async () => {
    const { evergate } = await openPartner(stores);
    const { webhookEndpoints, customers } = evergate;
    let secrets = [secretOf(9)];
    const receiver = await startReceiver(() => secrets);
    const endpoint = await webhookEndpoints.create({
      url: receiver.url,
      eventTypes: ["customer.created"],
      challenge: true,
    });
    await customers.create({ name: "Hotel Carpathia" });

    const refusal: unknown = await webhookEndpoints.verify(endpoint.id).catch((error) => error);
    expect(refusal).toBeInstanceOf(EvergateProblem);
    expect(refusal).toMatchObject({
      code: "webhook_challenge_failed",
      message: expect.stringContaining("The endpoint answered 400"),
    });

    secrets = [endpoint.secret];
    expect(await webhookEndpoints.verify(endpoint.id)).toMatchObject({
      verifiedAt: expect.any(String),
    });
    await expect.poll(() => receiver.types).toEqual(["customer.created"]);

    // Both secrets for the overlap; then what has leaked is ended.
    const rotated = await webhookEndpoints.rotateSecret(endpoint.id, { overlapSeconds: 3_600 });
    secrets = [rotated.secret, endpoint.secret];
    await webhookEndpoints.verify(endpoint.id);
    const { previousSecrets } = await webhookEndpoints.revokePreviousSecrets(endpoint.id);
    expect(previousSecrets).toEqual([]);
    secrets = [rotated.secret];
    const event = await webhookEndpoints.sendTest(endpoint.id);
    expect(event.type).toBe("webhook_endpoint.test");
    await expect.poll(() => receiver.types).toEqual(["customer.created", "webhook_endpoint.test"]);
  });
});
