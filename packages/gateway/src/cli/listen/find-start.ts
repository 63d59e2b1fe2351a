import { isEvergateProblem, type Evergate } from "@evergate/sdk";
import { StartError } from "../../server/start-error.ts";

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
  if (since.startsWith("evt_")) return findEvent(evergate, since);
  const instant = Temporal.Instant.from(since).epochMilliseconds;
  let before: string | null = null;
  for await (const { id, timestamp } of evergate.events.list({ limit: 200 })) {
    if (Date.parse(timestamp) >= instant) break;
    before = id;
  }
  return before;
}

async function findEvent(evergate: Evergate, id: string): Promise<string> {
  try {
    return (await evergate.events.get(id)).id;
  } catch (cause) {
    if (!isEvergateProblem(cause, "not_found")) throw cause;
    throw new StartError(`--since names ${id}, which is no event of this sandbox.`, { cause });
  }
}
