import type { Services } from "../app/world.ts";
import { listOwnersWithWaiting } from "../store/audit-links.ts";
import { linkNewEntries } from "./link-entries.ts";

/**
 * How long entries wait for their links at the most. Nobody is in need of a link, so they are not told one by one:
 * those of a second are linked together, at a fraction of the cost.
 */
const lookEveryMs = 1_000;

export interface Linking {
  stop(): Promise<void>;
}

/** Keeps linking new entries of every record to its chain. One record's failure is tried again, and stops no other's. */
export function runLinking(services: Pick<Services, "store" | "sealer" | "log">): Linking {
  const { store, sealer, log } = services;
  let running: Promise<void> | null = null;
  let isStopped = false;

  async function look(): Promise<void> {
    try {
      for (const owner of await listOwnersWithWaiting(store.reader)) {
        if (isStopped) return;
        await link(owner);
      }
    } catch (error) {
      log.error({ err: store.translate(error) }, "looking for new entries of the record failed");
    }
  }
  async function link(owner: string): Promise<void> {
    try {
      await linkNewEntries(store, sealer, owner);
    } catch (error) {
      log.error(
        { err: store.translate(error), owner },
        "linking the record failed; it is tried again",
      );
    }
  }
  function start(): void {
    running ??= look().finally(() => {
      running = null;
    });
  }
  const timer = setInterval(start, lookEveryMs);
  start();
  return {
    async stop() {
      isStopped = true;
      clearInterval(timer);
      await running;
    },
  };
}
