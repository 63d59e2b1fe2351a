import { expect, test } from "vitest";
import { describeStatus } from "./describe-failure.ts";

test("400 is told as what it mostly is, also where the text is no word of the SDK", () => {
  const either =
    "The endpoint answered 400: it takes the signature for a wrong one, commonly because it has another secret, or it could not read the event.";
  for (const text of [null, "Bad Request", "signature_wrong, sorry", "toString"])
    expect(describeStatus(400, text)).toBe(either);
});

test("a word of the SDK says it exactly, whatever the status; an endpoint that is slowed down hears of that too", () => {
  expect(describeStatus(500, "body_parsed")).toBe(
    "The endpoint answered 500 (body_parsed): it has parsed the body before verifying, which needs it exactly as it came.",
  );
  expect(describeStatus(503, "keys_unavailable")).toBe(
    "The endpoint answered 503 (keys_unavailable): it could not get the gateway's public keys, so it gets fewer for now.",
  );
});
