import { setTimeout as sleep } from "node:timers/promises";
import type { Services } from "../../app/world.ts";
import { overdueChunk, tellOverdue } from "./tell-overdue.ts";
import { withdrawReceipts } from "./withdraw-receipts.ts";

/** How often receipts are looked for that have not come in time, or that nobody owes any more. */
const lookEveryMs = 1_000;

/** Between two chunks others may write; a million overdue ones must not keep everybody waiting. */
const pauseMs = 5;

/** Keeps marking receipts that have not come in time, until stopped. */
export function runReceipts(
  services: Pick<Services, "store" | "sealer" | "signals" | "log" | "now">,
): { stop(): Promise<void> } {
  const stopping = new AbortController();

  async function work(): Promise<void> {
    while (!stopping.signal.aborted) {
      let isMoreLeft = false;
      try {
        isMoreLeft = await withdrawReceipts(services);
        isMoreLeft = (await tellOverdue(services)) === overdueChunk || isMoreLeft;
      } catch (error) {
        services.log.error(
          { err: services.store.translate(error) },
          "looking for overdue receipts failed; it is tried again",
        );
      }
      await sleep(isMoreLeft ? pauseMs : lookEveryMs, undefined, {
        signal: stopping.signal,
      }).catch(() => {});
    }
  }

  const working = work();
  return {
    async stop() {
      stopping.abort();
      await working;
    },
  };
}
