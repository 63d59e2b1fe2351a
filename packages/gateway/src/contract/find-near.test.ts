import { expect, test } from "vitest";
import { findNear } from "./find-near.ts";

const names = ["serve", "listen", "trigger", "keys create", "forward-to", "no-migrate"];

test.each([
  ["lisen", "listen"],
  ["litsen", "listen"],
  ["listten", "listen"],
  ["foward-to", "forward-to"],
  ["forward", "forward-to"],
  ["key create", "keys create"],
  ["serv", "serve"],
  ["run", undefined],
  ["port", undefined],
  ["se", undefined],
  ["", undefined],
])('"%s" was meant to be %s', (text, meant) => {
  expect(findNear(text, names)).toBe(meant);
});
