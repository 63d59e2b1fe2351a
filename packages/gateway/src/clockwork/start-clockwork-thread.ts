import { extname } from "node:path";
import type { Services } from "../app/world.ts";
import type { PartnerId } from "../ids.ts";
import { startWritingThread } from "../store/writing-thread.ts";
import type { ThreadData } from "../store/writing-thread-messages.ts";
import type { Clockwork } from "./run-clockwork.ts";

/** Runs the clockwork in a thread of its own, so that a month's close leaves this one free for requests. */
export function startClockworkThread(
  { store, log, signals }: Pick<Services, "store" | "log" | "signals">,
  data: ThreadData,
): Clockwork {
  return startWritingThread<never, PartnerId>(store, log, {
    name: "the clockwork's thread",
    entry: new URL(`./clockwork-thread${extname(import.meta.url)}`, import.meta.url),
    data,
    hear: (partner) => signals.eventsStored(partner),
  });
}
