import { createPublicKey, verify } from "node:crypto";
import { Webhook as StandardWebhook } from "standardwebhooks";
import { Webhook as SvixWebhook } from "svix";
import { describe, expect, test } from "vitest";
import { signMessage } from "./sign-message.ts";
import { makeKeyPair, readSecretKey, toJwkX, toPublicKey } from "./signing-key.ts";

/** The vectors of Standard Webhooks' reference implementations: https://github.com/standard-webhooks/standard-webhooks. */
const vector = {
  id: "msg_p5jXN8AQM9LWM0D4loKWxJek",
  sentAtSeconds: 1_614_265_330,
  body: '{"test": 2432232314}',
};
const vectorSecret = "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
const vectorKey = "whsk_VEVTVFNJR05JTkdLRVlET05PVFVTRVRISVNGT1JBTlk=";
const vectorSignatures =
  "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE= v1a,tQ9V2XOqn7jL/DQenEFpqIugdBVtiMmER5mhSkXBNwM0mkATuDe6KYYUuxqtaiHeYGb7KaaBRdM5WqyeFiL8Ag==";

describe("what is signed", () => {
  test("gives the signatures of the specification's vectors, of text and of bytes", () => {
    const signers = {
      secrets: [Buffer.from(vectorSecret, "base64")],
      keys: [readSecretKey(vectorKey)],
    };
    expect(signMessage(vector, signers)).toBe(vectorSignatures);
    expect(signMessage({ ...vector, body: Buffer.from(vector.body) }, signers)).toBe(
      vectorSignatures,
    );
  });

  test("is verified by svix and standardwebhooks, beside signatures that they don't know and by either secret", () => {
    const message = {
      id: "evt_01m9fh5nt0e34s1f9fjkgqeren",
      sentAtSeconds: Math.floor(Date.now() / 1_000),
      body: '{"type":"customer.created","name":"Žofia ☕"}',
    };
    const [secret, previous] = [Buffer.alloc(32, 1), Buffer.alloc(64, 2)];
    const headers = {
      "webhook-id": message.id,
      "webhook-timestamp": String(message.sentAtSeconds),
      "webhook-signature": signMessage(message, {
        secrets: [secret, previous],
        keys: [readSecretKey(makeKeyPair().secretKey), readSecretKey(makeKeyPair().secretKey)],
      }),
    };
    for (const bytes of [secret, previous]) {
      const text = `whsec_${bytes.toString("base64")}`;
      expect(() => new SvixWebhook(text).verify(message.body, headers)).not.toThrow();
      expect(new StandardWebhook(text).verify(message.body, headers)).toEqual(
        JSON.parse(message.body),
      );
    }
    const foreign = `whsec_${Buffer.alloc(32, 3).toString("base64")}`;
    expect(() => new SvixWebhook(foreign).verify(message.body, headers)).toThrow("No matching");
    expect(() => new StandardWebhook(foreign).verify(message.body, headers)).toThrow("No matching");
  });

  test("is nothing without anybody to sign", () => {
    expect(signMessage(vector, { secrets: [], keys: [] })).toBe("");
  });
});

describe("a signing key", () => {
  test("is written as Standard Webhooks has it, and verifies what its secret half has signed", () => {
    const pair = makeKeyPair();
    expect(pair.publicKey).toMatch(/^whpk_[A-Za-z0-9+/]{43}=$/);
    expect(pair.secretKey).toMatch(/^whsk_[A-Za-z0-9+/]{43}=$/);
    expect(toPublicKey(pair.secretKey)).toBe(pair.publicKey);
    expect(makeKeyPair().publicKey).not.toBe(pair.publicKey);
    const signature = signMessage(vector, { secrets: [], keys: [readSecretKey(pair.secretKey)] });
    const key = createPublicKey({
      key: { kty: "OKP", crv: "Ed25519", x: toJwkX(pair.publicKey) },
      format: "jwk",
    });
    const text = Buffer.from(`${vector.id}.${vector.sentAtSeconds}.${vector.body}`);
    const bytes = Buffer.from(signature.replace("v1a,", ""), "base64");
    expect(verify(null, text, key, bytes)).toBe(true);
    expect(verify(null, Buffer.concat([text, Buffer.from(" ")]), key, bytes)).toBe(false);
  });

  test.each(["", "whsk_", "whsk_c2hvcnQ=", makeKeyPair().publicKey, `whsk_${"A".repeat(86)}==`])(
    "is none: %s",
    (text) => {
      expect(() => readSecretKey(text)).toThrow("no whsk_");
    },
  );
});
