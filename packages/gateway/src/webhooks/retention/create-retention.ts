import { setImmediate as yieldToOthers } from "node:timers/promises";
import { toInstant, type Instant } from "@evergate/core";
import { toPartnerId, type PartnerId } from "../../ids.ts";
import { lockEventPosition } from "../../store/events.ts";
import { listPartnerIds } from "../../store/partners.ts";
import type { Store } from "../../store/store.ts";
import {
  deleteFinishedDeliveries,
  deleteOldAttempts,
  findOldest,
  listDeletedEndpoints,
  removeFromEndpoint,
} from "../../store/webhook-retention.ts";
import { deleteEndedSecrets } from "../../store/webhook-secrets.ts";

const hourMs = 3_600_000;

/** Attempts are kept for so long, and deliveries after they were taken or given up. */
const keptMs = 30 * 24 * hourMs;

/** What is past its time is looked for so often; deleted endpoints every turn. */
const passEveryMs = hourMs;

/** So many partners are looked at in a turn. */
const partnersPerTurn = 100;

export interface RetentionOptions {
  /** So many rows are deleted in a transaction: on SQLite every other writer waits for its end. */
  readonly chunkSize: number;
  /** So many transactions are made in a turn, so that whoever gives it has others' turns in between. */
  readonly stepsPerTurn: number;
}

const defaults: RetentionOptions = { chunkSize: 500, stepsPerTurn: 20 };

export interface Retention {
  /** Forgets some of what is past its time at that instant; what remains is the next turn's. */
  takeTurn(now: Instant): Promise<void>;
}

/**
 * Forgets what need not be known of webhooks any more: what deleted endpoints have left behind, and once an hour, going
 * through all partners, old attempts, deliveries that were finished long ago, and secrets whose overlap has ended. Any
 * number of processes may do so at once: what one has taken on, the others leave to it.
 */
export function createRetention(store: Store, options: Partial<RetentionOptions> = {}): Retention {
  const { chunkSize, stepsPerTurn } = { ...defaults, ...options };
  let stepsLeft = 0;
  let begunAt = -Infinity;
  /** The last partner that this hour's pass is through with; null: it is through with all. */
  let passedAt: string | null = null;

  /** Takes steps while they say that there is more; answers whether all is done. */
  async function takeSteps(step: () => Promise<boolean>): Promise<boolean> {
    for (; stepsLeft > 0; stepsLeft--) {
      if (!(await step())) return true;
      await yieldToOthers();
    }
    return false;
  }

  async function removeDeleted(): Promise<void> {
    for (const key of await listDeletedEndpoints(store.reader, stepsPerTurn))
      await takeSteps(() =>
        store.transaction((tx) => removeFromEndpoint(tx, store.dialect, key, chunkSize)),
      );
  }

  async function forgetOf(partner: PartnerId, now: Instant): Promise<boolean> {
    const until = toInstant(now - keptMs);
    const oldest = await findOldest(store.reader, partner);
    if (oldest.attemptedAt !== null && oldest.attemptedAt < until) {
      const isDone = await takeSteps(() =>
        store.transaction(
          async (tx) =>
            (await deleteOldAttempts(tx, store.dialect, partner, until, chunkSize)) === chunkSize,
        ),
      );
      if (!isDone) return false;
    }
    if (oldest.finishedAt === null || oldest.finishedAt >= until) return true;
    return takeSteps(() =>
      store.transaction(async (tx) => {
        // Who finds no delivery of an event queues it anew: one must not go after it was found.
        await lockEventPosition(tx, store.dialect, partner);
        return (
          (await deleteFinishedDeliveries(tx, store.dialect, partner, until, chunkSize)) ===
          chunkSize
        );
      }),
    );
  }

  async function goOn(after: string, now: Instant): Promise<void> {
    const partners = await listPartnerIds(store.reader, after, partnersPerTurn);
    for (const partner of partners.map(toPartnerId)) {
      if (!(await forgetOf(partner, now))) return;
      await deleteEndedSecrets(store, partner, now);
      passedAt = partner;
    }
    if (partners.length < partnersPerTurn) passedAt = null;
  }

  return {
    async takeTurn(now) {
      stepsLeft = stepsPerTurn;
      await removeDeleted();
      // A clock that was set back must not put it off.
      if (passedAt === null && Math.abs(now - begunAt) >= passEveryMs) {
        begunAt = now;
        passedAt = "";
      }
      if (passedAt !== null) await goOn(passedAt, now);
    },
  };
}
