import { expect, test } from "vitest";
import { reveal } from "./elements.js";

test("what turns the direction of text is shown; letters of every script are left", () => {
  for (const code of [
    0x061c, 0x200e, 0x200f, 0x202a, 0x202b, 0x202c, 0x202d, 0x202e, 0x2066, 0x2067, 0x2068, 0x2069,
  ]) {
    const shown = code.toString(16).toUpperCase().padStart(4, "0");
    expect(reveal(`a${String.fromCharCode(code)}b`)).toBe(`a<U+${shown}>b`);
  }
  expect(reveal("Košice שלום مرحبا 👩‍💻")).toBe("Košice שלום مرحبا 👩‍💻");
});
