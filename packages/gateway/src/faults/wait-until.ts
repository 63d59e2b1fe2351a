import { setTimeout as delay } from "node:timers/promises";

/** Longer than anything here takes on a slow machine; it only ends what would never end. */
const patienceMs = 30_000;
const defaultPollMs = 25;

/** Waits for a condition, never for a time. `describe` says what was there instead, should it never come true. */
export async function waitUntil(
  what: string,
  isTrue: () => Promise<boolean> | boolean,
  describe: () => unknown = () => "",
  pollMs: number = defaultPollMs,
  timeoutMs: number = patienceMs,
): Promise<void> {
  const givesUpAt = performance.now() + timeoutMs;
  while (!(await isTrue())) {
    if (performance.now() > givesUpAt)
      throw new Error(
        `Waited ${timeoutMs / 1_000} s in vain: ${what}. ${JSON.stringify(await describe())}`,
      );
    await delay(pollMs);
  }
}
