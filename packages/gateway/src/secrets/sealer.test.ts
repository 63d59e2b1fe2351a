import { createHmac, hkdfSync } from "node:crypto";
import { describe, expect, test } from "vitest";
import { createSealer } from "./sealer.ts";

const secretKey = Buffer.alloc(32, 7).toString("base64");

describe("a sealer", () => {
  test("makes the first 120 bits of an HMAC-SHA-256, as anybody with the key can", () => {
    const key = Buffer.from(hkdfSync("sha256", Buffer.alloc(32, 7), "", "evergate record", 32));
    const sealer = createSealer(secretKey);
    for (const text of ["", "a", "x".repeat(55), "y".repeat(64), "z".repeat(200)]) {
      const whole = createHmac("sha256", key).update(`link:${text}`).digest();
      expect(sealer.seal("link", text)).toBe(whole.subarray(0, 15).toString("base64url"));
    }
  });

  test("makes different seals of different things, and with different keys", () => {
    const sealer = createSealer(secretKey);
    const other = createSealer(Buffer.alloc(32, 8).toString("base64"));
    const seals = [
      sealer.seal("entry", "a"),
      sealer.seal("link", "a"),
      sealer.seal("head", "a"),
      sealer.seal("entry", "b"),
      other.seal("entry", "a"),
    ];
    expect(new Set(seals).size).toBe(seals.length);
    expect(other.keyId).not.toBe(sealer.keyId);
    expect(createSealer(secretKey).keyId).toBe(sealer.keyId);
  });

  test("refuses what would be cut", () => {
    expect(() => createSealer(secretKey).seal("link", "x".repeat(600))).toThrow("longer");
  });
});
