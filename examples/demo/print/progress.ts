import { beginsAt, endsOn, toDay } from "../clock.ts";
import { getWidth, paint } from "./screen.ts";

const widestBar = 32;
/** What stands beside the bar. */
const textWidth = 56;

/** How far the sandboxes' clocks have come, and how many webhooks have been verified until now. */
export function renderProgress(now: Temporal.Instant, webhookCount: number): string {
  const begins = toDay(beginsAt);
  const total = begins.until(endsOn, { largestUnit: "days" }).days;
  const passed = begins.until(toDay(now), { largestUnit: "days" }).days;
  const barWidth = Math.max(0, Math.min(widestBar, getWidth() - textWidth));
  const filled = Math.round((passed / total) * barWidth);
  const bar = `${paint("cyan", "█".repeat(filled))}${paint("dim", "░".repeat(barWidth - filled))}`;
  return `${bar}  ${toDay(now).toString()}  day ${String(passed).padStart(3)} of ${total}, ${String(webhookCount).padStart(3)} webhooks verified`;
}
