import type { Instant } from "@evergate/core";
import type { Services } from "../../app/world.ts";
import { appendAudit, clockActor } from "../../store/audit-log.ts";
import { modeOf } from "../../events/mode-of.ts";
import { appendEvents } from "../../store/events.ts";
import { findPartner, partnerNow } from "../../store/partners.ts";
import type { Transaction } from "../../store/store.ts";
import {
  countUndelivered,
  listUnlucky,
  restartDeliveries,
} from "../../store/webhook-deliveries.ts";
import {
  lockEndpoint,
  updateEndpoint,
  type WebhookEndpoint,
} from "../../store/webhook-endpoints.ts";
import { updateQueues } from "../../store/webhook-leases.ts";
import { never } from "../../store/waits.ts";
import {
  restsForGood,
  touchQueue,
  updateDisabledReason,
  wantRestart,
} from "../../store/webhook-queues.ts";
import { answerEndpoint } from "../endpoints/answer-endpoint.ts";
import { toWireEndpoint } from "../endpoints/to-wire.ts";
import { leastUndelivered, nextProbeAt } from "./health.ts";
import { toQueue, unknownRevision, type Served } from "./served-endpoint.ts";

/** What is to be told of an endpoint's health, and done about it. `gone`: it said so itself. */
export type HealthChange = "tell" | "disable" | "gone" | "recover";

/** About so many deliveries begin anew in one transaction. */
const chunkSize = 500;

/**
 * Switches an endpoint off or on for how it fares, and tells its owner, in one transaction. What was given up since it
 * began to fail waits again, and so does what had failed, with all attempts before it: once it is back it gets everything,
 * in order. A disabled endpoint loses nothing.
 */
export async function recordHealth(
  services: Pick<Services, "store" | "sealer" | "now" | "signals">,
  owner: string,
  served: Served,
  change: HealthChange,
  limit: number,
): Promise<void> {
  const { store, now } = services;
  const at = now();
  const since = served.health.failingSince ?? at;
  if (change === "disable") {
    const undelivered = await countUndelivered(
      store.reader,
      served.partner,
      served.id,
      since,
      leastUndelivered,
    );
    // Or it has taken something while they were counted.
    if (undelivered < leastUndelivered || served.health.failingSince === null) return;
  }
  // First, so that whoever is killed in between does both again.
  if (change === "disable" || change === "gone") await restartUnlucky(services, served, since);
  applyChange(served, change, at);
  // What is learnt from here on, while this is being stored, is saved after it.
  served.isDirty = false;
  const isSaved = await store.transaction((tx) =>
    save(tx, services, owner, served, change, limit, at),
  );
  if (!isSaved) {
    served.revision = unknownRevision;
    return;
  }
  services.signals.eventsStored(served.partner);
}

const eventTypes: Readonly<Record<HealthChange, string>> = {
  tell: "webhook_endpoint.failing",
  disable: "webhook_endpoint.disabled",
  gone: "webhook_endpoint.disabled",
  recover: "webhook_endpoint.recovered",
};

/** What it was until this change. */
function statusBefore(
  { health }: Served,
  change: HealthChange,
  { isEnabled }: WebhookEndpoint,
): "healthy" | "failing" | "disabled" {
  if (change === "recover") return isEnabled ? "failing" : "disabled";
  return change === "gone" && health.failingSince === health.lastFailureAt ? "healthy" : "failing";
}

function applyChange(served: Served, change: HealthChange, at: Instant): void {
  const { health, flow } = served;
  if (change === "tell") served.health = { ...health, failingToldAt: at };
  if (change === "disable" || change === "gone") {
    served.health = { ...health, disabledAt: at, probeCount: 0 };
    served.flow = {
      ...flow,
      allowance: 1,
      resumesAt: change === "gone" ? never : nextProbeAt(served.health, at),
    };
  }
  if (change === "recover") served.flow = { ...flow, allowance: 1, resumesAt: null };
}

async function save(
  tx: Transaction,
  { store, sealer }: Pick<Services, "store" | "sealer">,
  owner: string,
  served: Served,
  change: HealthChange,
  limit: number,
  now: Instant,
): Promise<boolean> {
  const before = await lockEndpoint(tx, store.dialect, served.partner, served.id);
  const partner = await findPartner(tx, served.partner);
  if (before === undefined || partner === undefined) return false;
  // Its owner has switched it off while the attempt was under way: off is off, whatever came of that.
  if (await restsForGood(tx, partner.id, before.id)) return false;
  // Its owner, or another process, has changed it meanwhile: that stands.
  if ((await updateQueues(tx, store.dialect, owner, [toQueue(served, limit)])) === 0) return false;
  const after = { ...before, isEnabled: isEnabledAfter(before, change) };
  if (change === "disable" || change === "gone") {
    await updateDisabledReason(tx, partner.id, after.id, change === "gone" ? "gone" : "failing");
    await touchQueue(tx, partner.id, after.id, now);
  }
  // What failed while it was away need not wait for its next attempt, hours from now.
  if (change === "recover") await wantRestart(tx, partner.id, after.id, now);
  if (after.isEnabled !== before.isEnabled) await updateEndpoint(tx, partner.id, after);
  await appendEvents(tx, partner.id, [
    {
      type: eventTypes[change],
      subscription: null,
      sequence: null,
      occurredAt: partnerNow(partner, now),
      data: {
        ...(await answerEndpoint(tx, partner.id, after, now)),
        previous: {
          status: statusBefore(served, change, before),
          ...(after.isEnabled === before.isEnabled ? {} : { enabled: before.isEnabled }),
        },
        ...modeOf(partner),
      },
    },
  ]);
  if (after.isEnabled === before.isEnabled) return true;
  await appendAudit(tx, sealer, partner.id, [
    {
      at: partnerNow(partner, now),
      recordedAt: now,
      action: after.isEnabled ? "webhook_endpoint.recovered" : "webhook_endpoint.disabled",
      subject: after.id,
      actor: clockActor,
      apiKey: null,
      requestId: null,
      before: toWireEndpoint(before, now),
      after: toWireEndpoint(after, now),
    },
  ]);
  return true;
}

function isEnabledAfter(before: WebhookEndpoint, change: HealthChange): boolean {
  if (change === "tell") return before.isEnabled;
  return change === "recover";
}

async function restartUnlucky(
  { store, now }: Pick<Services, "store" | "now">,
  { partner, id }: Served,
  since: Instant,
): Promise<void> {
  for (;;) {
    const sequences = await listUnlucky(store.reader, partner, id, since, chunkSize);
    if (sequences.length === 0) return;
    await store.transaction((tx) => restartDeliveries(tx, partner, id, sequences, now()));
  }
}
