import type { Chance } from "../faults/random.ts";
import type { World } from "./api.ts";

const dayMs = 86_400_000;

/** What a random order says of a subscription: most are refused in most states, which is part of a life. */
type Order = (chance: Chance, world: World, now: number) => readonly [string, string, object?];

const orders: readonly Order[] = [
  (chance) => ["PATCH", "", { quantity: chance.between(1, 40) }],
  (chance, { products }) => ["PATCH", "", { product: chance.pick([products.a, products.b]).id }],
  (chance) => ["PATCH", "", { quantity: chance.between(1, 40), effective: "next_period" }],
  (chance) => ["PATCH", "", { metadata: { turn: String(chance.between(1, 1_000)) } }],
  (chance) => ["POST", "/pause", { days: chance.between(1, 50) }],
  (chance, _world, now) => [
    "POST",
    "/pause",
    {
      startsAt: new Date(now + chance.between(0, 9) * dayMs).toISOString(),
      resumesAt: new Date(now + chance.between(10, 50) * dayMs).toISOString(),
    },
  ],
  () => ["POST", "/resume"],
  (chance) => ["POST", "/cancel", { effective: chance.pick(["now", "period_end"]) }],
  () => ["POST", "/withdraw-cancellation"],
  () => ["POST", "/reactivate", {}],
  () => ["POST", "/reactivate", {}],
];

/**
 * Gives a sandbox's subscription a random order, or lets time pass: by days, to a midnight, or not at all, as much of
 * what goes wrong does so where two things happen at one instant. Answers what time it is then.
 */
export async function liveOn(
  world: World,
  subscription: string,
  chance: Chance,
  now: number,
): Promise<number> {
  if (chance.between(0, 2) === 0) {
    const later = now + chance.between(1, 20) * dayMs + chance.between(0, dayMs);
    const isMidnight = chance.between(0, 1) === 0;
    // 23:00 UTC is midnight in Bratislava while no daylight is saved, and an hour of the night otherwise.
    const to = isMidnight ? later - (later % dayMs) + 23 * 3_600_000 : later;
    await world.advanceTo(new Date(to).toISOString());
    return to;
  }
  const [method, action, body] = chance.pick(orders)(chance, world, now);
  const { status } = await world.api.call(
    method,
    `/v1/subscriptions/${subscription}${action}`,
    body,
  );
  if (status !== 200 && status !== 409 && status !== 422)
    throw new Error(`${method} ${action} ${JSON.stringify(body)} answered ${status}.`);
  return now;
}
