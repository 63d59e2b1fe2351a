import { expect, test } from "vitest";
import { isEndpointSecret, makeEndpointSecret } from "./endpoint-secret.ts";

const encode = (bytes: number): string => `whsec_${Buffer.alloc(bytes, 5).toString("base64")}`;

test("a secret that is made is one, and another each time", () => {
  expect(isEndpointSecret(makeEndpointSecret())).toBe(true);
  expect(makeEndpointSecret()).not.toBe(makeEndpointSecret());
});

test("24 to 64 bytes are a secret, 23 and 65 none", () => {
  expect([23, 24, 64, 65].map((bytes) => isEndpointSecret(encode(bytes)))).toEqual([
    false,
    true,
    true,
    false,
  ]);
});

test.each([
  encode(32).slice(6),
  encode(32).replace("whsec_", "whpk_"),
  encode(32).replace("=", ""),
  `${encode(24)}====`,
  encode(33).replace("FBQ", "FB-"),
  `whsec_${"A".repeat(33)}`,
])("%s is none", (text) => {
  expect(isEndpointSecret(text)).toBe(false);
});
