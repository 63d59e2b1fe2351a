import fc from "fast-check";
import { expect, test } from "vitest";
import { makeActivationCode, parseActivationCode, type ActivationCode } from "./activation-code.ts";

const alphabet = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ";
const anyCode: fc.Arbitrary<ActivationCode> = fc
  .uint8Array({ minLength: 19, maxLength: 32 })
  .map(makeActivationCode);
const position = fc.integer({ min: 0, max: 19 });

/** The 20 characters with some put elsewhere. */
function replaceAt(code: string, changes: Readonly<Record<number, string>>): string {
  return [...code.replaceAll("-", "")]
    .map((character, index) => changes[index] ?? character)
    .join("");
}

test("R5 a code has four groups of five characters, none of which looks like another", () => {
  fc.assert(
    fc.property(anyCode, (code) => {
      expect(code).toMatch(/^[2-9A-HJ-NP-Z]{5}(-[2-9A-HJ-NP-Z]{5}){3}$/);
    }),
  );
});

test("R5 a code is read back however it was typed", () => {
  fc.assert(
    fc.property(anyCode, (code) => {
      expect(parseActivationCode(code)).toBe(code);
      expect(parseActivationCode(` ${code.toLowerCase().replaceAll("-", " ")}\n`)).toBe(code);
      expect(parseActivationCode(code.replaceAll("-", ""))).toBe(code);
    }),
  );
});

test("R5 every single wrong character shows", () => {
  fc.assert(
    fc.property(anyCode, position, fc.integer({ min: 1, max: 31 }), (code, at, shift) => {
      const old = alphabet.indexOf(code.replaceAll("-", "")[at] ?? "");
      const wrong = replaceAt(code, { [at]: alphabet[(old + shift) % 32] ?? "" });
      expect(parseActivationCode(wrong)).toBe("mistyped");
    }),
  );
});

test("R5 any two characters that changed places show", () => {
  fc.assert(
    fc.property(anyCode, position, position, (code, one, other) => {
      const characters = code.replaceAll("-", "");
      const first = characters.charAt(one);
      const second = characters.charAt(other);
      fc.pre(first !== second);
      expect(parseActivationCode(replaceAt(code, { [one]: second, [other]: first }))).toBe(
        "mistyped",
      );
    }),
  );
});

test.each([
  "",
  "AAAAA",
  "0AAAA-AAAAA-AAAAA-AAAAA",
  "AAAAA-AAAAA-AAAAA-AAAAI",
  "AAAAA-AAAAA-AAAAA-AAAAAA",
  "ßAAAA-AAAAA-AAAAA-AAAA",
])("R5 %j is no code at all", (text) => {
  expect(parseActivationCode(text)).toBe("malformed");
});

test("R5 too little randomness is refused", () => {
  expect(() => makeActivationCode(new Uint8Array(18))).toThrow(RangeError);
});

test("R5 every bit that is used makes another code", () => {
  const zero = new Uint8Array(19);
  const codes = new Set([makeActivationCode(zero)]);
  for (let byte = 0; byte < 19; byte += 1) {
    for (let bit = 0; bit < 5; bit += 1) codes.add(makeActivationCode(zero.with(byte, 1 << bit)));
  }
  expect(codes.size).toBe(1 + 19 * 5);
});
