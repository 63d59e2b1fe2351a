import { expect, test } from "vitest";
import { shapeText } from "./shape-text.ts";

/** Each run as the name of its font and its text. */
const shape = (text: string): readonly string[] =>
  shapeText(text, "regular").map((run) => `${run.file.key.replace("-regular", "")}: ${run.text}`);

test.each([
  ["Hotel Carpathia", ["latin-NotoSans: Hotel Carpathia"]],
  ["Khách sạn Nguyễn", ["latin-NotoSans: Khách sạn Nguyễn"]],
  ["Ξενοδοχείο, Гостиница, होटल", ["latin-NotoSans: Ξενοδοχείο, Гостиница, होटल"]],
  ["โรงแรมกรุงเทพ ที่นี่", ["thai: โรงแรมกรุงเทพ ที่นี่"]],
  ["上海饭店", ["sc-NotoSansHans: 上海饭店"]],
  ["東京ホテル", ["jp-NotoSansJP: 東京ホテル"]],
  ["서울호텔 上", ["kr-NotoSansKR: 서울호텔 上"]],
  [
    "Hotel 上海 (Pudong)",
    ["latin-NotoSans: Hotel ", "sc-NotoSansHans: 上海 (", "latin-NotoSans: Pudong)"],
  ],
])("%s is set in the fonts that have it, piece by piece", (text, runs) => {
  expect(shape(text)).toEqual(runs);
});

test.each([
  ["מלון", ["hebrew: מלון"]],
  // Seen from left to right: the number stands left of the name, and brackets open towards what they hold.
  ["מלון 1998", ["latin-NotoSans: 1998", "hebrew: מלון "]],
  ["Hotel מלון Nile", ["latin-NotoSans: Hotel ", "hebrew: מלון", "latin-NotoSans:  Nile"]],
  [
    "פנדק (Nile) 24",
    [
      "latin-NotoSans: 24",
      "latin-NotoSans:  (",
      "latin-NotoSans: Nile",
      "latin-NotoSans: )",
      "hebrew: פנדק",
    ],
  ],
  ["فندق النيل", ["arabic: فندق النيل"]],
])("%s runs from right to left", (text, runs) => {
  expect(shape(text).map((run) => run.trimEnd())).toEqual(runs.map((run) => run.trimEnd()));
});

test("what runs from right to left is laid out as a whole, all else word by word", () => {
  expect(shapeText("Hotel מלון Nile", "bold").map(({ isWhole }) => isWhole)).toEqual([
    false,
    true,
    false,
  ]);
});

test.each([
  ["marks of direction have no form", "a\u202Eb\u200F", "ab"],
  ["no name turns the figures beside it round", "a\u202E123\u2067 45\u2069", "a123 45"],
  ["control characters are blanks", "a\tb\r\nc", "a b c"],
  ["halves of surrogate pairs are left out", "a\uD800b", "ab"],
  ["letters and their marks become one", "e\u0301", "é"],
])("%s", (_name, text, seen) => {
  expect(
    shapeText(text, "regular")
      .map((run) => run.text)
      .join(""),
  ).toBe(seen);
});

test("what no font has is set in the base font, whose box stands for it", () => {
  expect(shape("😀")).toEqual(["latin-NotoSans: 😀"]);
});
