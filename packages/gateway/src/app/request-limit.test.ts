import { setTimeout as delay } from "node:timers/promises";
import { describe, expect, test } from "vitest";
import { ProblemError } from "./problem.ts";
import { createRequestLimit, type RequestLimit } from "./request-limit.ts";

/** The seconds to wait, or 0 where it was let in. */
async function tryTaking(limit: RequestLimit, client: string): Promise<number> {
  try {
    await limit.take(client);
    return 0;
  } catch (error) {
    if (!(error instanceof ProblemError) || error.code !== "rate_limited") throw error;
    return error.retryAfterSeconds ?? -1;
  }
}

const takeMany = async (limit: RequestLimit, clients: readonly string[]): Promise<number> => {
  let letIn = 0;
  for (const client of clients) if ((await tryTaking(limit, client)) === 0) letIn += 1;
  return letIn;
};

describe("how many requests are let in", () => {
  test("a tenth from one client, whatever it does, and others feel nothing of it", async () => {
    const limit = createRequestLimit(100, 3_600);
    expect(await takeMany(limit, Array<string>(500).fill("203.0.113.7"))).toBe(10);
    expect(await tryTaking(limit, "203.0.113.8")).toBe(0);
    expect(await tryTaking(limit, "203.0.113.7")).toBeGreaterThan(3_590);
  });

  test("as many as all may, from however many clients", async () => {
    const limit = createRequestLimit(100, 3_600);
    const clients = Array.from({ length: 1_000 }, (_, index) => `client ${index}`);
    expect(await takeMany(limit, clients)).toBe(100);
    const wait = await tryTaking(limit, "one more");
    expect(wait).toBeGreaterThan(3_590);
    expect(wait).toBeLessThanOrEqual(3_600);
  });

  test("again, when the time is over", async () => {
    const limit = createRequestLimit(1, 1);
    expect(await tryTaking(limit, "one")).toBe(0);
    const wait = await tryTaking(limit, "two");
    expect(wait).toBe(1);
    await delay(wait * 1_000 + 100);
    expect(await tryTaking(limit, "two")).toBe(0);
  });

  test("none at all, where none are wanted", async () => {
    expect(await tryTaking(createRequestLimit(0, 3_600), "one")).toBe(3_600);
  });
});
