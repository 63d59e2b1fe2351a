import type { EventType, EvergateEvent } from "@evergate/sdk";
import { describeEvent } from "./describe-event.ts";
import type { Names } from "./names.ts";
import { joinWords, getWidth, paint } from "./screen.ts";

const margin = " ".repeat(10);
/** Of more than these in one go, those of routine are counted by type instead of listed. */
const mostListed = 6;

/** What every period brings for every subscription. */
const routine: ReadonlySet<EventType> = new Set([
  "subscription.trial_will_end",
  "subscription.trial_ended",
  "subscription.renewed",
  "charge.created",
  "bill.issued",
  "settlement.completed",
]);

/**
 * The lines that tell of verified webhooks: one each, and, of many, one for all that are routine.
 * Where it is `known` which subscription they are about, only their numbers in it are shown.
 */
export function renderWebhooks(
  events: readonly EvergateEvent[],
  names: Names,
  subject: "named" | "known",
): readonly string[] {
  for (const event of events) names.learn(event);
  const isMany = events.length > mostListed;
  const listed = isMany ? events.filter(({ type }) => !routine.has(type)) : events;
  const counted = isMany ? events.filter(({ type }) => routine.has(type)) : [];
  const typeWidth = Math.max(...listed.map(({ type }) => type.length));
  const lines = listed.map((event) => {
    const number = nameNumber(event, subject === "named" ? names : null);
    const details = [number, describeEvent(event, names)].filter((text) => text !== "").join("  ");
    return `${margin}${paint("green", "✓")} ${event.type.padEnd(typeWidth)}  ${paint("dim", details)}`;
  });
  return [...lines, ...(counted.length > 0 ? summarise(counted) : [])];
}

/** A subscription's events are numbered without a gap (R27). */
function nameNumber({ data }: EvergateEvent, names: Names | null): string {
  if (!("sequence" in data)) return "";
  const number = `#${data.sequence}`;
  if (names === null) return number;
  return `${names.subscriptionOf("subscription" in data ? data.subscription : data.id)} ${number}`;
}

function summarise(events: readonly EvergateEvent[]): readonly string[] {
  const counts = new Map<string, number>();
  for (const { type } of events) counts.set(type, (counts.get(type) ?? 0) + 1);
  const words = [...counts].map(
    ([type, count], index) => `${count} ${type}${index < counts.size - 1 ? "," : ""}`,
  );
  return joinWords([`${events.length} webhooks:`, ...words], getWidth() - margin.length - 2).map(
    (line, index) => `${margin}${index === 0 ? paint("green", "✓") : " "} ${line}`,
  );
}
