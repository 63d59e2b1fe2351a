import { toInstant, type Instant, type Month } from "@evergate/core";
import type { Selectable } from "kysely";
import { toPartnerId, type PartnerId } from "../ids.ts";
import { listNewestFirst, type Page, type PageRequest } from "./page.ts";
import type { SettlementTable } from "./schema.ts";
import type { Reader, Transaction } from "./store.ts";

/**
 * - `charging`: periods that end with the month are closed, each with its charge.
 * - `counting`: an MSP's units are counted, which its discounts depend on (R20).
 * - `pricing`: each charge's discount and amount are fixed, and summed up by customer.
 * - `issuing`: only the bill and its number are missing.
 * - `completed`: the bill is made, or there was nothing to charge.
 */
export type SettlementPhase = "charging" | "counting" | "pricing" | "issuing" | "completed";

/** How far the settlement of a partner's month has come. */
export interface SettlementRun {
  readonly id: string;
  readonly partner: PartnerId;
  readonly month: Month;
  readonly phase: SettlementPhase;
  /** The end of the month: from then on it can be settled. */
  readonly dueAt: Instant;
  /** Of the phase; while charging, `of` counts the subscriptions that have something due. */
  readonly charges: { readonly done: number; readonly of: number };
  /** Where the next chunk goes on, and the sums so far: a JSON text. */
  readonly progress: string;
  readonly bill: string | null;
  readonly failures: number;
  /** Why the last try failed; null where it went on since. */
  readonly failure: string | null;
  readonly startedAt: Instant;
  readonly finishedAt: Instant | null;
}

export async function findSettlement(
  db: Reader,
  partner: PartnerId,
  month: Month,
): Promise<SettlementRun | undefined> {
  const row = await db
    .selectFrom("settlements")
    .selectAll()
    .where("partner", "=", partner)
    .where("month", "=", month)
    .executeTakeFirst();
  return row && toSettlement(row);
}

export async function findSettlementById(
  db: Reader,
  id: string,
): Promise<SettlementRun | undefined> {
  const row = await db
    .selectFrom("settlements")
    .selectAll()
    .where("id", "=", id)
    .executeTakeFirst();
  return row && toSettlement(row);
}

export async function insertSettlement(tx: Transaction, run: SettlementRun): Promise<void> {
  await tx
    .insertInto("settlements")
    .values({ partner: run.partner, month: run.month, ...toRow(run) })
    .execute();
}

export async function updateSettlement(tx: Transaction, run: SettlementRun): Promise<void> {
  await tx
    .updateTable("settlements")
    .set(toRow(run))
    .where("partner", "=", run.partner)
    .where("month", "=", run.month)
    .execute();
}

/** Notes that a try has failed. What was done of it stays done. */
export async function noteSettlementFailure(
  tx: Transaction,
  partner: PartnerId,
  month: Month,
  failure: string,
): Promise<void> {
  await tx
    .updateTable("settlements")
    .set((set) => ({ failures: set("failures", "+", 1), failure }))
    .where("partner", "=", partner)
    .where("month", "=", month)
    .execute();
}

export interface SettlementFilter {
  readonly month?: string | undefined;
  readonly partner?: string | undefined;
  readonly phase?: string | undefined;
}

export async function listSettlements(
  db: Reader,
  filter: SettlementFilter,
  page: PageRequest,
): Promise<Page<SettlementRun>> {
  let query = db.selectFrom("settlements").selectAll();
  if (filter.month !== undefined) query = query.where("month", "=", filter.month);
  if (filter.partner !== undefined) query = query.where("partner", "=", filter.partner);
  if (filter.phase !== undefined) query = query.where("phase", "=", filter.phase);
  return listNewestFirst(query, "settlement", page, toSettlement);
}

/** How many live partners a month is settled for, and how many are still to come. */
export interface SettledCount {
  readonly waiting: number;
  readonly settled: number;
  readonly billed: number;
  readonly failing: number;
}

export async function countSettled(db: Reader, month: Month): Promise<SettledCount> {
  const done = await db
    .selectFrom("settlements")
    .innerJoin("partners", "partners.id", "settlements.partner")
    .select((select) => [
      select.fn.count<number>("finished_at").as("settled"),
      select.fn.count<number>("bill").as("billed"),
    ])
    .where("settlements.month", "=", month)
    .where("partners.mode", "=", "live")
    .executeTakeFirstOrThrow();
  // A partner that fails in an earlier month does not come to this one either.
  const toCome = await db
    .selectFrom("partners")
    .leftJoin("settlements", (join) =>
      join
        .onRef("settlements.partner", "=", "partners.id")
        .onRef("settlements.month", "=", "partners.settlement_month"),
    )
    .select((select) => [
      select.fn.countAll<number>().as("waiting"),
      select.fn.count<number>("settlements.failure").as("failing"),
    ])
    .where("partners.mode", "=", "live")
    .where("partners.settlement_month", "<=", month)
    .executeTakeFirstOrThrow();
  return { ...done, ...toCome };
}

function toRow(run: SettlementRun) {
  return {
    id: run.id,
    phase: run.phase,
    due_at: run.dueAt,
    charges_done: run.charges.done,
    charges_of: run.charges.of,
    progress: run.progress,
    bill: run.bill,
    failures: run.failures,
    failure: run.failure,
    started_at: run.startedAt,
    finished_at: run.finishedAt,
  };
}

function toSettlement(row: Selectable<SettlementTable>): SettlementRun {
  /* oxlint-disable typescript/no-unsafe-type-assertion -- the row was written from a SettlementRun */
  return {
    id: row.id,
    partner: toPartnerId(row.partner),
    month: row.month as Month,
    phase: row.phase as SettlementPhase,
    dueAt: toInstant(row.due_at),
    charges: { done: row.charges_done, of: row.charges_of },
    progress: row.progress,
    bill: row.bill,
    failures: row.failures,
    failure: row.failure,
    startedAt: toInstant(row.started_at),
    finishedAt: row.finished_at === null ? null : toInstant(row.finished_at),
  };
  /* oxlint-enable typescript/no-unsafe-type-assertion */
}
