import pino from "pino";
import { expect, test } from "vitest";
import { ProblemError } from "../app/problem.ts";
import { toPartnerId } from "../ids.ts";
import { openDeliveryBench } from "../testing/open-delivery-bench.ts";
import { testStores } from "../testing/open-test-stores.ts";
import { createArrivals, type Arrivals } from "./arrivals.ts";

const never = new AbortController().signal;

async function open(limits: { perKey: number; inAll: number }): Promise<Arrivals> {
  const [stores] = testStores;
  if (stores === undefined) throw new Error("There is no store to test on.");
  const { store } = await openDeliveryBench(stores);
  return createArrivals({ store, log: pino({ level: "silent" }) }, { ...limits, lookEveryMs: 20 });
}

function codeOf(work: () => unknown): string {
  try {
    work();
    return "none";
  } catch (error) {
    return error instanceof ProblemError ? error.code : String(error);
  }
}

const one = toPartnerId("partner_one");
const other = toPartnerId("partner_other");

test("few may wait for a key, and for all keys together; who leaves makes room, once", async () => {
  const arrivals = await open({ perKey: 2, inAll: 3 });
  const first = arrivals.join(one, "key_a");
  arrivals.join(one, "key_a");
  expect(codeOf(() => arrivals.join(one, "key_a"))).toBe("rate_limited");
  arrivals.join(one, "key_b");
  expect(codeOf(() => arrivals.join(other, "key_c"))).toBe("unavailable");
  first.leave();
  first.leave();
  expect(codeOf(() => arrivals.join(other, "key_c"))).toBe("none");
  expect(codeOf(() => arrivals.join(other, "key_d"))).toBe("unavailable");
});

test("wakes those who wait for this partner, and not those who wait for another", async () => {
  const arrivals = await open({ perKey: 2, inAll: 3 });
  const woken: string[] = [];
  const waits = (
    [
      [one, "one"],
      [other, "other"],
    ] as const
  ).map(async ([partner, name]) => {
    await arrivals.join(partner, "key").wait(200, never);
    woken.push(name);
  });
  arrivals.placed(one);
  await Promise.race(waits);
  expect(woken).toEqual(["one"]);
  await Promise.all(waits);
});

test("what comes between joining and waiting is not lost", async () => {
  const arrivals = await open({ perKey: 2, inAll: 3 });
  const waiter = arrivals.join(one, "key");
  arrivals.placed(one);
  const from = performance.now();
  await waiter.wait(5_000, never);
  expect(performance.now() - from).toBeLessThan(1_000);
});

test("after the end nobody waits", async () => {
  const arrivals = await open({ perKey: 2, inAll: 3 });
  const waiting = arrivals.join(one, "key").wait(60_000, never);
  arrivals.end();
  await waiting;
  const late = arrivals.join(one, "key");
  await late.wait(60_000, never);
  expect(late.isOver()).toBe(true);
});
