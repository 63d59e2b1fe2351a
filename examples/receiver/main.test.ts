import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect, onTestFinished, test } from "vitest";

// It is run as a reader runs it: a process of its own, a real gateway, a receiver in a process of its own.

const timeoutMs = 120_000;

test(
  "the receiver has everything in the end, after losses, repetitions, delays and a backup put back",
  { timeout: timeoutMs },
  async () => {
    const main = fileURLToPath(new URL("main.ts", import.meta.url));
    const child = spawn(process.execPath, [main], { stdio: ["ignore", "pipe", "pipe"] });
    onTestFinished(() => void child.kill("SIGKILL"));
    let output = "";
    let errors = "";
    child.stdout.setEncoding("utf8").on("data", (text: string) => (output += text));
    child.stderr.setEncoding("utf8").on("data", (text: string) => (errors += text));
    await once(child, "close");
    expect([child.exitCode, errors]).toEqual([0, ""]);
    const [first = "", whole = "", back = "", again = "", ...rest] = output.trimEnd().split("\n");
    expect(rest).toEqual([]);
    const [, lost, doubled, late] =
      /^(\d+) deliveries were lost, (\d+) came twice, (\d+) too late\.$/.exec(first) ?? [];
    for (const count of [lost, doubled, late]) expect(Number(count)).toBeGreaterThan(2);
    const [, last] =
      /^The receiver has \[\[1,(\d+)\]\], and every licence as it is\.$/.exec(whole) ?? [];
    expect(Number(last)).toBeGreaterThan(20);
    expect(back).toMatch(/^Its database is put back: it has \[.*\]\.$/);
    expect(back).not.toContain(`[[1,${last}]]`);
    expect(again).toBe(whole);
  },
);

test("the receiver is 20 lines", () => {
  const text = readFileSync(new URL("receiver.ts", import.meta.url), "utf8");
  expect(text.split("\n").filter((line) => line.trim() !== "")).toHaveLength(20);
});
