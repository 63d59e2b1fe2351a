import { toInstant, type Instant } from "@evergate/core";
import type { components } from "../../generated/api.ts";
import type { ListedDelivery } from "../../store/listed-deliveries.ts";
import type { WebhookEndpoint } from "../../store/webhook-endpoints.ts";
import { isDue, never, restUntil } from "../../store/waits.ts";

/** What a delivery waits for, and until when, where that is known. */
export interface Wait {
  readonly waitsFor: components["schemas"]["WebhookDeliveryWait"];
  /** The event that goes out first, where it waits for one. */
  readonly behind: string | null;
  readonly until: Instant | null;
}

/**
 * What a pending delivery waits for: where it is several things, the one without which the others are of no use.
 * `resumesAt`: until then its endpoint rests.
 */
export function decideWait(
  endpoint: Pick<WebhookEndpoint, "isEnabled">,
  resumesAt: Instant | null,
  { behind, attemptCount, nextAttemptAt }: ListedDelivery,
  now: Instant,
): Wait {
  // One that was disabled for failing is off too, but probed, so that it rests for a while only.
  if (resumesAt === never) return waitFor(endpoint.isEnabled ? "proof" : "switched_on");
  if (behind !== null) return { waitsFor: "earlier_event", behind, until: null };
  const restsUntil = toInstant(Math.max(restUntil(resumesAt, now) ?? 0, now));
  if (attemptCount > 0 && !isDue(nextAttemptAt, now) && nextAttemptAt > restsUntil)
    return waitFor("retry", nextAttemptAt);
  return restsUntil > now ? waitFor("rest", restsUntil) : waitFor("turn");
}

function waitFor(waitsFor: Wait["waitsFor"], until: Instant | null = null): Wait {
  return { waitsFor, behind: null, until };
}
