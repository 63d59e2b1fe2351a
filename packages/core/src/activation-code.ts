import type { Brand } from "./brand.ts";

/** 20 characters in four groups of five: `7KQ2M-…-…-…`; the last one is a check character (R5). */
export type ActivationCode = Brand<string, "ActivationCode">;

/** No 0 O 1 I: 32 characters, so that each is one element of the field GF(2⁵). */
const alphabet = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ";
const randomCharacters = 19;
const groupLength = 5;

/**
 * A new code (R5).
 * `random` holds at least 19 bytes from a cryptographic source, of which 5 bits each are used.
 * Throws a RangeError if there are fewer.
 */
export function makeActivationCode(random: Uint8Array): ActivationCode {
  if (random.length < randomCharacters)
    throw new RangeError(`${randomCharacters} random bytes are needed`);
  const elements = [...random.subarray(0, randomCharacters)].map((byte) => byte % alphabet.length);
  // The check character's own weight is 1, so that it makes the sum zero.
  return formatActivationCode([...elements, weighElements([...elements, 0])]);
}

/**
 * Reads what someone typed: upper or lower case, with or without hyphens and spaces.
 * "malformed": not a code at all; "mistyped": the check character says that something is wrong,
 * which it always does for one wrong character, and for two that changed places.
 */
export function parseActivationCode(text: string): ActivationCode | "malformed" | "mistyped" {
  const characters = text.replaceAll(/[\s-]/g, "");
  if (!/^[2-9A-HJ-NP-Za-hj-np-z]{20}$/.test(characters)) return "malformed";
  const elements = Array.from(characters.toUpperCase(), (character) => alphabet.indexOf(character));
  return weighElements(elements) === 0 ? formatActivationCode(elements) : "mistyped";
}

/**
 * The sum of the elements over GF(2⁵), the last one weighted by 1, the one before it by α, then α² …
 * α has order 31, so that 20 weights are all different: no single error and no swap leaves the sum as it was.
 */
function weighElements(elements: readonly number[]): number {
  let sum = 0;
  for (const element of elements) sum = multiplyByAlpha(sum) ^ element;
  return sum;
}

function multiplyByAlpha(element: number): number {
  // x⁵ + x² + 1 is primitive: it is what x⁵ is replaced by.
  const shifted = element << 1;
  return shifted & 0b100000 ? shifted ^ 0b100101 : shifted;
}

function formatActivationCode(elements: readonly number[]): ActivationCode {
  const characters = elements.map((element) => alphabet[element]).join("");
  const groups: string[] = [];
  for (let at = 0; at < characters.length; at += groupLength)
    groups.push(characters.slice(at, at + groupLength));
  return groups.join("-") as ActivationCode;
}
