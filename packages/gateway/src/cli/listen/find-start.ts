import type { Evergate } from "@evergate/sdk";
import { UsageError } from "../command.ts";

/**
 * The event after which listening begins, or null for the very first. Without `since` it is the newest that there is;
 * `start` means all, an event's id what followed it, and an instant what happened from then on, in the partner's time.
 */
export async function findStart(evergate: Evergate, since: string | null): Promise<string | null> {
  if (since === "start") return null;
  if (since === null) {
    const { data } = await evergate.events.list({ order: "newest_first", limit: 1 });
    return data[0]?.id ?? null;
  }
  if (since.startsWith("evt_")) return (await evergate.events.get(since)).id;
  const instant = parseInstant(since);
  let before: string | null = null;
  for await (const { id, timestamp } of evergate.events.list({ limit: 200 })) {
    if (Date.parse(timestamp) >= instant) break;
    before = id;
  }
  return before;
}

function parseInstant(text: string): number {
  try {
    return Temporal.Instant.from(text).epochMilliseconds;
  } catch (error) {
    throw new UsageError(
      `--since is start, the id of an event, or an instant such as 2026-12-01T00:00:00Z, not "${text}".`,
      { cause: error },
    );
  }
}
