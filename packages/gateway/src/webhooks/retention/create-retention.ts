import { setImmediate as yieldToOthers } from "node:timers/promises";
import { toInstant, type Instant } from "@evergate/core";
import { toPartnerId } from "../../ids.ts";
import { listPartnerIds } from "../../store/partners.ts";
import type { Store } from "../../store/store.ts";
import { listEndpointIds } from "../../store/webhook-endpoints.ts";
import type { QueueKey } from "../../store/webhook-leases.ts";
import {
  deleteRecords,
  listDeletedEndpoints,
  listRecords,
  records,
  removeFromEndpoint,
  type KeptSpan,
  type Records,
} from "../../store/webhook-retention.ts";
import { deleteEndedSecrets } from "../../store/webhook-secrets.ts";

const hourMs = 3_600_000;

/** Attempts are kept for so long, and deliveries after they were taken or given up. */
const keptMs = 30 * 24 * hourMs;

/** What is past its time is looked for so often; deleted endpoints every turn. */
const passEveryMs = hourMs;

/** So many partners are asked for at once. */
const partnersPerPage = 100;

export interface RetentionOptions {
  /** So many rows are looked at in a step, and deleted in a transaction: on SQLite every other writer waits for its end. */
  readonly chunkSize: number;
  /** So many steps are taken in a turn, whether there was something to delete or not, so that whoever gives it has others' turns in between. */
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
  /** What this hour's pass has yet to do; null: nothing. */
  let pass: AsyncIterator<void> | null = null;

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

  /** Goes through all partners; gives way after every step. */
  async function* forgetPast(now: Instant): AsyncGenerator<void, void> {
    const kept = { from: toInstant(now - keptMs), to: toInstant(now + keptMs) };
    let page: readonly string[];
    let after = "";
    do {
      page = await listPartnerIds(store.reader, after, partnersPerPage);
      for (const partner of page.map(toPartnerId)) {
        await deleteEndedSecrets(store, partner, now);
        const endpoints = await listEndpointIds(store.reader, partner);
        yield;
        for (const endpoint of endpoints)
          for (const one of records) yield* forgetRecords({ partner, endpoint }, one, kept);
        after = partner;
      }
    } while (page.length === partnersPerPage);
  }

  async function* forgetRecords(
    key: QueueKey,
    one: Records,
    kept: KeptSpan,
  ): AsyncGenerator<void, void> {
    let isMore = true;
    for (let after = one.start; isMore;) {
      const rows = await listRecords(store.reader, one, key, after, kept, chunkSize);
      const last = rows.at(-1);
      if (last !== undefined && rows.some(({ isPast }) => isPast === 1)) {
        const between = [after, last.place] as const;
        await store.transaction((tx) => deleteRecords(tx, store.dialect, one, key, between, kept));
      }
      // What began later than one that has begun lately can't have ended long ago.
      isMore =
        last !== undefined &&
        rows.length === chunkSize &&
        (last.begunAt < kept.from || last.begunAt > kept.to);
      after = last?.place ?? after;
      yield;
    }
  }

  return {
    async takeTurn(now) {
      stepsLeft = stepsPerTurn;
      await removeDeleted();
      // A clock that was set back must not put it off.
      if (pass === null && Math.abs(now - begunAt) >= passEveryMs) {
        begunAt = now;
        pass = forgetPast(now);
      }
      const current = pass;
      if (current === null) return;
      try {
        if (await takeSteps(async () => (await current.next()).done !== true)) pass = null;
      } catch (error) {
        // It can't be gone on with: the next turn begins another.
        pass = null;
        begunAt = -Infinity;
        throw error;
      }
    },
  };
}
