import { createHmac, randomBytes, timingSafeEqual } from "node:crypto";
import { formatInstant, type Instant } from "@evergate/core";
import type { components } from "../../generated/api.ts";

type WireChallenge = components["schemas"]["WebhookChallenge"];

/** A question that only who has an endpoint's secret can answer. */
export interface Challenge {
  /** What is posted. */
  readonly body: string;
  /** Whether the text that came back has the answer, among others where the receiver has several secrets. */
  isAnsweredBy(text: string | null, secret: string): boolean;
}

/** As many secrets as a receiver may have at once and answer with. */
const maximumAnswers = 10;

export function makeChallenge(endpoint: string, at: Instant): Challenge {
  const challenge = randomBytes(32).toString("base64url");
  const message: WireChallenge = {
    type: "webhook_endpoint.challenge",
    timestamp: formatInstant(at),
    data: { endpoint, challenge },
  };
  return {
    body: JSON.stringify(message),
    isAnsweredBy(text, secret) {
      const expected = Buffer.from(answerChallenge(endpoint, challenge, secret));
      return readAnswers(text).some((answer) => {
        const given = Buffer.from(answer);
        return given.length === expected.length && timingSafeEqual(given, expected);
      });
    },
  };
}

/**
 * What the owner of the secret answers. It can't be taken for a signature, which is over `<id>.<seconds>.<body>`: no
 * endpoint's id is a number of seconds. So who can make a receiver answer can't make it sign.
 */
export function answerChallenge(endpoint: string, challenge: string, secret: string): string {
  const key = Buffer.from(secret.slice("whsec_".length), "base64");
  const digest = createHmac("sha256", key).update(`challenge.${endpoint}.${challenge}`).digest();
  return `v1,${digest.toString("base64")}`;
}

function readAnswers(text: string | null): readonly string[] {
  let body: unknown;
  try {
    body = JSON.parse(text ?? "");
  } catch {
    // Whatever it is, it is no answer.
    return [];
  }
  const answer: unknown =
    typeof body === "object" && body !== null ? Reflect.get(body, "answer") : undefined;
  return typeof answer === "string" ? answer.split(" ").slice(0, maximumAnswers) : [];
}
