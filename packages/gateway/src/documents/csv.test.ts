import { expect, test } from "vitest";
import { writeCsv, type CsvColumn } from "./csv.ts";

interface Row {
  readonly text: string | null;
  readonly value: string | number | null;
}

const columns: readonly CsvColumn<Row>[] = [
  { name: "text", kind: "text", read: ({ text }) => text },
  { name: "value", kind: "value", read: ({ value }) => value },
];

async function write(...batches: readonly (readonly Row[])[]): Promise<readonly string[]> {
  const pieces: string[] = [];
  const read = async function* (): AsyncGenerator<readonly Row[], void, void> {
    yield* batches;
  };
  for await (const piece of writeCsv(columns, read())) pieces.push(piece);
  return pieces;
}

test("a header once, then a piece for each batch, every line ended by CRLF", async () => {
  expect(
    await write(
      [
        { text: "a", value: 1 },
        { text: null, value: null },
      ],
      [{ text: "b", value: "2.00" }],
    ),
  ).toEqual(["text,value\r\na,1\r\n,\r\n", "b,2.00\r\n"]);
});

test("the header alone where there are no rows", async () => {
  expect(await write()).toEqual(["text,value\r\n"]);
});

test.each([
  ["Kaspersky, User", '"Kaspersky, User"'],
  ['The "Crown"', '"The ""Crown"""'],
  ["two\nlines", '"two\nlines"'],
  ["two\r\nlines", '"two\r\nlines"'],
  [" kept ", " kept "],
  ["Ξενοδοχείο 旅館", "Ξενοδοχείο 旅館"],
])("%j is written as %j", async (text, field) => {
  expect(await write([{ text, value: 0 }])).toEqual([`text,value\r\n${field},0\r\n`]);
});

test.each([
  "=1+1",
  "+1",
  "-1",
  "@SUM(A1)",
  "\tx",
  "＝1",
  "\r=1",
  "  =1",
  "\u00A0=1",
  "\uFEFF\u2003@A",
])("text %j is no formula", async (text) => {
  const [piece] = await write([{ text, value: 0 }]);
  expect(piece).toMatch(/\r\n"?'/);
});

test("an amount below zero stays a number", async () => {
  expect(await write([{ text: "x", value: "-12.50" }])).toEqual(["text,value\r\nx,-12.50\r\n"]);
});
