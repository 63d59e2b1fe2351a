import type { EvergateEvent } from "@evergate/sdk";
import { describeEvent } from "./describe-event.ts";
import type { Names } from "./names.ts";
import { joinWords, getWidth, paint } from "./screen.ts";

const indent = 10;
/** More than these in one go are counted by type instead of listed. */
const mostListed = 6;

/** The lines that tell of verified webhooks: one each, or, of many, one for all. */
export function renderWebhooks(events: readonly EvergateEvent[], names: Names): readonly string[] {
  for (const event of events) names.learn(event);
  if (events.length > mostListed) return summarise(events);
  return events.map((event) => {
    const subject = nameSubject(event, names);
    return `${" ".repeat(indent)}${paint("green", "✓")} ${event.type.padEnd(35)} ${paint("dim", [subject, describeEvent(event, names)].filter((text) => text !== "").join("  "))}`;
  });
}

/** A subscription's events are numbered without a gap (R27): the number stands with its name. */
function nameSubject(event: EvergateEvent, names: Names): string {
  if (!("sequence" in event.data)) return "";
  const subscription = "subscription" in event.data ? event.data.subscription : event.data.id;
  return `${names.subscriptionOf(subscription)} #${event.data.sequence}`;
}

function summarise(events: readonly EvergateEvent[]): readonly string[] {
  const counts = new Map<string, number>();
  for (const { type } of events) counts.set(type, (counts.get(type) ?? 0) + 1);
  const words = [...counts].map(
    ([type, count], index) => `${count} ${type}${index < counts.size - 1 ? "," : ""}`,
  );
  return joinWords([`${events.length} webhooks:`, ...words], getWidth() - indent - 2).map(
    (line, index) => `${" ".repeat(indent)}${index === 0 ? paint("green", "✓") : " "} ${line}`,
  );
}
