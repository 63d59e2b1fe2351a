import { describe, expect, test } from "vitest";
import { readContract } from "../contract/document.ts";
import { negotiate } from "./negotiate.ts";

const { operations } = readContract();
const lines = operations.find(({ id }) => id === "listBillLines");
const bills = operations.find(({ id }) => id === "listBills");
if (lines === undefined || bills === undefined) throw new Error("The contract lacks its bills.");

describe("the media type of the answer", () => {
  test.each([
    [undefined, "application/json"],
    ["", "application/json"],
    ["*/*", "application/json"],
    ["application/*", "application/json"],
    ["application/json", "application/json"],
    ["application/json; charset=utf-8", "application/json"],
    ["text/html, application/xhtml+xml, application/xml;q=0.9, */*;q=0.8", "application/json"],
    ["text/csv", "text/csv"],
    ["TEXT/CSV", "text/csv"],
    ["text/*", "text/csv"],
    ["text/csv; charset=UTF-8", "text/csv"],
    ["text/csv;header=present", "text/csv"],
    ["image/png, text/csv", "text/csv"],
    ["application/json;q=0.1, text/csv;q=0.2", "text/csv"],
    ["application/json;q=0.2, text/csv;q=0.1", "application/json"],
    ["text/csv;q=0, */*", "application/json"],
    ["application/json;q=0, */*", "text/csv"],
    ["text/csv, application/json", "text/csv"],
  ])("of Accept: %s is %s", (accept, mediaType) => {
    expect(negotiate(lines, accept)).toBe(mediaType);
  });

  test.each([
    "image/png",
    "text/csv;charset=latin1",
    "text/csv;header=absent",
    "*/*;q=0",
    "csv",
    ";;,,",
  ])("is none of Accept: %s", (accept) => {
    expect(() => negotiate(lines, accept)).toThrow("not_acceptable");
  });

  test("is JSON where the operation has nothing else, whatever is asked for", () => {
    expect(negotiate(bills, "image/png")).toBe("application/json");
  });

  test("is found quickly in the longest header that Node lets in", () => {
    const accept = Array.from({ length: 1600 }, () => "a/b;c=d;q=0").join(",");
    const startedAt = performance.now();
    expect(() => negotiate(lines, accept)).toThrow("not_acceptable");
    expect(performance.now() - startedAt).toBeLessThan(500);
  });
});
