import { describe, expect, test } from "vitest";
import { readAnswer } from "./read-answer.ts";

describe("the report in an answer", () => {
  test.each([
    ['{"receipt":{"status":"applied"}}', { status: "applied", detail: null }],
    [
      ' {"ok":true,"receipt":{"status":"rejected","detail":"No seats."}} ',
      { status: "rejected", detail: "No seats." },
    ],
    [
      '{"receipt":{"status":"applied","detail":"two\\nlines\\u0000 "}}',
      { status: "applied", detail: "two lines" },
    ],
    [
      '{"receipt":{"status":"applied","detail":"\\ud800"}}',
      { status: "applied", detail: "\ufffd" },
    ],
    ['{"receipt":{"status":"applied","detail":"\\n"}}', { status: "applied", detail: null }],
    ['{"receipt":{"status":"applied","detail":4711}}', { status: "applied", detail: null }],
  ])("%s", (text, report) => {
    expect(readAnswer(text)).toEqual(report);
  });

  test.each([
    null,
    "",
    "OK",
    '"receipt"',
    '{"receipt":"applied"}',
    '{"receipt":null}',
    '{"receipt":{"status":"done"}}',
    '{"receipt":{"status":["applied"]}}',
    '["receipt",{"status":"applied"}]',
    '{"data":{"receipt":{"status":"applied"}}}',
    // Cut off at the end of what is read of an answer.
    '{"receipt":{"status":"applied","detail":"It was a lon',
    '{"__proto__":{"receipt":{"status":"applied"}}}',
  ])("%s says nothing", (text) => {
    expect(readAnswer(text)).toBeNull();
  });

  test("a detail is cut at 500 characters", () => {
    const text = JSON.stringify({ receipt: { status: "rejected", detail: "ž".repeat(501) } });
    expect(readAnswer(text)?.detail).toBe("ž".repeat(500));
  });
});
