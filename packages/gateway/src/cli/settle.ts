import { setTimeout as delay } from "node:timers/promises";
import {
  addDays,
  dayOf,
  firstDayOf,
  monthOf,
  parseMonth,
  toInstant,
  type Instant,
  type Month,
} from "@evergate/core";
import { catchUp } from "../clockwork/catch-up.ts";
import type { PartnerId } from "../ids.ts";
import { findSecretKey } from "../secrets/find-secret-key.ts";
import { createSealer } from "../secrets/sealer.ts";
import { checkRecordKey } from "../server/check-record-key.ts";
import { checkDatabaseExists, checkMigrated } from "../server/check-schema.ts";
import { readSettings } from "../settings.ts";
import { listDuePartners } from "../store/due-partners.ts";
import { countSettled, listSettlements, type SettledCount } from "../store/settlements.ts";
import type { Reader, Store } from "../store/store.ts";
import { UsageError, type Environment, type Flags } from "./command.ts";
import { useStore } from "./use-store.ts";

/** So many transactions of one partner's, and then it is another's turn and the display's. */
const stepsPerTurn = 10;
const busyDelayMs = 100;
const maximumShown = 200;

/**
 * Carries out all that is due by now, months' ends included, also beside gateways that run, and says whether a month is
 * complete: exit code 0, else 1. What a failing partner lacks is named.
 */
export async function runSettle(flags: Flags, env: Environment): Promise<number> {
  const month = readMonth(flags);
  const settings = readSettings(env);
  checkDatabaseExists(settings.databaseUrl);
  return useStore(settings, async (store) => {
    await checkMigrated(store);
    const sealer = createSealer(findSecretKey(settings));
    await checkRecordKey(store, sealer);
    const failed = await carryOutAll({ store, sealer, now: readClock }, month);
    const count = await countSettled(store.reader, month);
    process.stdout.write(describeMonth(month, count));
    for (const [partner, failure] of failed) process.stdout.write(`  ${partner}: ${failure}\n`);
    return count.waiting === 0 && failed.size === 0 ? 0 : 1;
  });
}

async function carryOutAll(
  services: Parameters<typeof catchUp>[0],
  month: Month,
): Promise<ReadonlyMap<PartnerId, string>> {
  const { store, now } = services;
  const failed = new Map<PartnerId, string>();
  for (;;) {
    const due = await listDuePartners(store.reader, now());
    const waiting = due.filter(({ partner }) => !failed.has(partner));
    if (waiting.length === 0) break;
    for (const { partner, until } of waiting) {
      try {
        const result = await catchUp(services, partner, until ?? now(), stepsPerTurn);
        if (result === "busy") await delay(busyDelayMs);
      } catch (error) {
        failed.set(partner, describeError(store, error));
      }
      await showProgress(store.reader, month);
    }
  }
  if (process.stderr.isTTY) process.stderr.write("\r\u001B[2K");
  return failed;
}

/** For people who watch; a script reads the last line only. */
async function showProgress(db: Reader, month: Month): Promise<void> {
  if (!process.stderr.isTTY) return;
  const { waiting, settled } = await countSettled(db, month);
  const { data } = await listSettlements(db, { month }, { limit: maximumShown });
  const running = data.find(({ phase, charges }) => phase !== "completed" && charges.of > 0);
  const now =
    running === undefined
      ? ""
      : `; ${running.partner} ${running.phase} ${running.charges.done} of ${running.charges.of}`;
  process.stderr.write(
    `\r\u001B[2K${month}: ${settled} of ${settled + waiting} partners settled${now}`,
  );
}

function describeMonth(month: Month, { waiting, settled, billed }: SettledCount): string {
  const of = settled + waiting;
  return waiting === 0
    ? `${month} is complete: ${of} partners, ${billed} of them with a bill.\n`
    : `${month} is not complete: ${settled} of ${of} partners are settled, ${billed} of them with a bill.\n`;
}

function describeError(store: Store, error: unknown): string {
  const translated = store.translate(error);
  return translated instanceof Error ? translated.message : String(translated);
}

/** The month that was asked for, or the last that is over in UTC. */
function readMonth({ month }: Flags): Month {
  if (month === undefined) {
    const running = monthOf(dayOf(readClock(), "UTC"));
    return monthOf(addDays(firstDayOf(running), -1));
  }
  const parsed = parseMonth(String(month));
  if (parsed === null)
    throw new UsageError(`--month is a month such as 2026-12, not "${String(month)}".`);
  return parsed;
}

function readClock(): Instant {
  return toInstant(Temporal.Now.instant().epochMilliseconds);
}
