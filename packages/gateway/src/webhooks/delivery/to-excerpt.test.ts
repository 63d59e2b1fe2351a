import { expect, test } from "vitest";
import { toExcerpt } from "./to-excerpt.ts";

test.each([
  ["thanks\n", "thanks"],
  ["so\u0000 it\r\nis", "so  it is"],
  [" \n", null],
  ["\u001B[31mTypeError\u001B[0m: \u001B[1;38;5;208mseats\u001B[39m", "TypeError: seats"],
  ["\u009B31mred\u009B0m", "red"],
  ["see \u001B]8;;https://evil.test\u0007here\u001B]8;;\u0007", "see here"],
  ["cleared\u001B[2J\u001B[H", "cleared"],
  ["safe\u202Eexe.txt\u2066\u200F", "safeexe.txt"],
  ["Kľúč €", "Kľúč €"],
])("%j is shown as %j", (answer, shown) => {
  expect(toExcerpt(Buffer.from(answer))).toBe(shown);
});

test("what the limit of a KiB cuts, a character or a sequence, is left out", () => {
  expect(toExcerpt(Buffer.from(`${"x".repeat(1_023)}€`))).toBe("x".repeat(1_023));
  expect(toExcerpt(Buffer.from(`${"x".repeat(1_020)}\u001B[38;5;208mred`))).toBe("x".repeat(1_020));
});
