import { expect, test } from "vitest";
import { wrapText } from "./wrap-text.ts";

/** Every character is one wide. */
const wrap = (text: string, width: number, lines = 9): readonly string[] =>
  wrapText(text, width, lines, (part) => [...part].length);

test.each([
  ["short", 10, ["short"]],
  ["", 10, [""]],
  ["two words", 5, ["two", "words"]],
  ["one two three", 7, ["one two", "three"]],
  ["exactly ten", 11, ["exactly ten"]],
  ["unbreakable", 4, ["unbr", "eaka", "ble"]],
  ["a unbreakable", 4, ["a un", "brea", "kabl", "e"]],
  ["上海和平饭店", 4, ["上海和平", "饭店"]],
])("%j in lines of %i", (text, width, lines) => {
  expect(wrap(text, width)).toEqual(lines);
});

test("a letter and its marks are not torn apart", () => {
  for (const line of wrap("กี่".repeat(6), 5)) expect(line).toMatch(/^(กี่)+$/);
});

test("what needs too many lines ends in an ellipsis that fits", () => {
  expect(wrap("one two three four five", 9, 2)).toEqual(["one two", "three…"]);
  expect(wrap("aaaaaaaaaaaaaaaaaaaaaaaa", 5, 2)).toEqual(["aaaaa", "aaaa…"]);
});

test("a column narrower than a letter still ends", () => {
  expect(wrapText("abc", 0, 9, (part) => part.length).join("")).toBe("abc");
});
