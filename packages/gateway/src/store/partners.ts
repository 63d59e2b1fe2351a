import {
  toInstant,
  type BillingPeriod,
  type Instant,
  type LocalDate,
  type Month,
  type PartnerTerms,
  type PartnerType,
  type TrialLength,
} from "@evergate/core";
import { sql, type Selectable } from "kysely";
import { toPartnerId, type PartnerId } from "../ids.ts";
import { compileOnce } from "./compile-once.ts";
import { listNewestFirst, type Page, type PageRequest } from "./page.ts";
import type { Company } from "./parties.ts";
import type { PartnerTable } from "./schema.ts";
import type { Dialect, Reader, Transaction } from "./store.ts";

/** A partner: what was agreed with it, and where its time has come to. */
export interface Partner {
  readonly id: PartnerId;
  readonly name: string;
  readonly industry: string | null;
  /** Live from its first subscription on. */
  readonly status: "approved" | "live";
  /** Why and since when its keys may change nothing; null unless it is suspended. */
  readonly suspension: { readonly since: Instant; readonly reason: string } | null;
  readonly mode: "live" | "sandbox";
  readonly terms: PartnerTerms;
  readonly taxRate: string;
  /** Whether it accounts for the tax itself: its bills then have none, whatever the rate is. */
  readonly reverseCharge: boolean;
  readonly company: Company | null;
  readonly metadata: Readonly<Record<string, string>>;
  readonly clockAt: Instant;
  readonly clockTargetAt: Instant | null;
  readonly settlementMonth: Month;
  readonly settlementDueAt: Instant;
  /** Whether an endpoint of it was ever asked for receipts. */
  readonly expectsReceipts: boolean;
  readonly createdAt: Instant;
}

/**
 * What time it is for a partner: a sandbox has its own clock. A live partner's never falls behind what has
 * been carried out already, so that a system clock that jumps back can't order anything into a settled month.
 */
export function partnerNow(partner: Partner, systemNow: Instant): Instant {
  return partner.mode === "sandbox" || partner.clockAt > systemNow ? partner.clockAt : systemNow;
}

const selectPartner = compileOnce((db, { id }: { id: string }) =>
  db.selectFrom("partners").selectAll().where("id", "=", id),
);

// PostgreSQL's locks of a partner. Commands share the first, which the clockwork takes alone: unlike locks of rows they are
// granted in the order of asking, so that a stream of commands can't keep the clockwork waiting for ever, nor the other way
// round. The second tells one clockwork from another's. Whoever needs the partner's row as well locks it after these.
// On SQLite there is one writer anyway.
const shareCommandLock = compileOnce((db, { id }: { id: string }) =>
  db.selectNoFrom(sql`pg_advisory_xact_lock_shared(hashtextextended(${id}, 1))`.as("lock")),
);
const takeCommandLock = compileOnce((db, { id }: { id: string }) =>
  db.selectNoFrom(sql`pg_advisory_xact_lock(hashtextextended(${id}, 1))`.as("lock")),
);
const tryClockworkLock = compileOnce((db, { id }: { id: string }) =>
  db.selectNoFrom(sql<boolean>`pg_try_advisory_xact_lock(hashtextextended(${id}, 2))`.as("taken")),
);
const selectPartnerForUpdate = compileOnce((db, { id }: { id: string }) =>
  db.selectFrom("partners").selectAll().where("id", "=", id).forNoKeyUpdate(),
);

export async function findPartner(db: Reader, id: PartnerId): Promise<Partner | undefined> {
  const [row] = await selectPartner(db, { id });
  return row && toPartner(row);
}

/** Locks the partner against settlement and clockwork, not against its other commands. */
export async function lockPartner(
  tx: Transaction,
  dialect: Dialect,
  id: PartnerId,
): Promise<Partner | undefined> {
  if (dialect === "postgres") await shareCommandLock(tx, { id });
  // Asked once the lock is held, so that it sees what the clockwork has done meanwhile.
  return findPartner(tx, id);
}

/** Locks the partner against all who would change it too, and against settlement and clockwork. */
export async function lockPartnerToChange(
  tx: Transaction,
  dialect: Dialect,
  id: PartnerId,
): Promise<Partner | undefined> {
  if (dialect === "postgres") await shareCommandLock(tx, { id });
  return lockRow(tx, dialect, id);
}

/** Locks the partner against its commands too: what is decided holds for all that comes after. */
export async function lockPartnerAlone(
  tx: Transaction,
  dialect: Dialect,
  id: PartnerId,
): Promise<Partner | undefined> {
  if (dialect === "postgres") await takeCommandLock(tx, { id });
  return lockRow(tx, dialect, id);
}

/** Locks the partner for the clockwork alone. Undefined where another process's is at it (or it doesn't exist). */
export async function claimPartner(
  tx: Transaction,
  dialect: Dialect,
  id: PartnerId,
): Promise<Partner | undefined> {
  if (dialect === "postgres") {
    const [row] = await tryClockworkLock(tx, { id });
    if (row?.taken !== true) return undefined;
    await takeCommandLock(tx, { id });
  }
  return lockRow(tx, dialect, id);
}

async function lockRow(
  tx: Transaction,
  dialect: Dialect,
  id: PartnerId,
): Promise<Partner | undefined> {
  const [row] = await (dialect === "postgres" ? selectPartnerForUpdate : selectPartner)(tx, { id });
  return row && toPartner(row);
}

export async function insertPartner(tx: Transaction, partner: Partner): Promise<void> {
  const { terms } = partner;
  await tx
    .insertInto("partners")
    .values({
      id: partner.id,
      name: partner.name,
      type: terms.type,
      msp_from: terms.mspFrom,
      industry: partner.industry,
      status: partner.status,
      ...toSuspensionColumns(partner),
      mode: partner.mode,
      currency: terms.currency,
      time_zone: terms.timeZone,
      billing_period: terms.billingPeriod,
      trial_limit: toJson(terms.trialLimit),
      default_trial: toJson(terms.defaultTrial),
      tax_rate: partner.taxRate,
      reverse_charge: partner.reverseCharge ? 1 : 0,
      company: toJson(partner.company),
      metadata: JSON.stringify(partner.metadata),
      clock_at: partner.clockAt,
      clock_target_at: partner.clockTargetAt,
      settlement_month: partner.settlementMonth,
      settlement_due_at: partner.settlementDueAt,
      event_position: 0,
      event_placed_at: 0,
      expects_receipts: partner.expectsReceipts ? 1 : 0,
      created_at: partner.createdAt,
    })
    .execute();
}

/** Saves what an operator can change. */
export async function updatePartner(tx: Transaction, partner: Partner): Promise<void> {
  await tx
    .updateTable("partners")
    .set({
      name: partner.name,
      industry: partner.industry,
      status: partner.status,
      ...toSuspensionColumns(partner),
      msp_from: partner.terms.mspFrom,
      trial_limit: toJson(partner.terms.trialLimit),
      default_trial: toJson(partner.terms.defaultTrial),
      tax_rate: partner.taxRate,
      reverse_charge: partner.reverseCharge ? 1 : 0,
      company: toJson(partner.company),
      metadata: JSON.stringify(partner.metadata),
    })
    .where("id", "=", partner.id)
    .execute();
}

/** Its first subscription makes an approved partner live. Answers whether this was it: of two at once only one is. */
export async function updatePartnerToLive(tx: Transaction, id: PartnerId): Promise<boolean> {
  const { numUpdatedRows } = await tx
    .updateTable("partners")
    .set({ status: "live" })
    .where("id", "=", id)
    .where("status", "=", "approved")
    .executeTakeFirst();
  return numUpdatedRows > 0n;
}

/** From now on its receipts are looked for. Locks the partner's row where they weren't. */
export async function updatePartnerToExpectReceipts(tx: Transaction, id: PartnerId): Promise<void> {
  await tx
    .updateTable("partners")
    .set({ expects_receipts: 1 })
    .where("id", "=", id)
    .where("expects_receipts", "=", 0)
    .execute();
}

/** Saves where the partner's time has come to. */
export async function updatePartnerClock(
  tx: Transaction,
  id: PartnerId,
  clock: Partial<
    Pick<Partner, "clockAt" | "clockTargetAt" | "settlementMonth" | "settlementDueAt">
  >,
): Promise<void> {
  await tx
    .updateTable("partners")
    .set({
      ...(clock.clockAt === undefined ? {} : { clock_at: clock.clockAt }),
      ...(clock.clockTargetAt === undefined ? {} : { clock_target_at: clock.clockTargetAt }),
      ...(clock.settlementMonth === undefined ? {} : { settlement_month: clock.settlementMonth }),
      ...(clock.settlementDueAt === undefined ? {} : { settlement_due_at: clock.settlementDueAt }),
    })
    .where("id", "=", id)
    .execute();
}

export async function listPartners(db: Reader, page: PageRequest): Promise<Page<Partner>> {
  return listNewestFirst(db.selectFrom("partners").selectAll(), "partner", page, toPartner);
}

function toPartner(row: Selectable<PartnerTable>): Partner {
  /* oxlint-disable typescript/no-unsafe-type-assertion -- the row was written from a Partner */
  return {
    id: toPartnerId(row.id),
    name: row.name,
    industry: row.industry,
    status: row.status as Partner["status"],
    suspension:
      row.suspended_at === null
        ? null
        : { since: toInstant(row.suspended_at), reason: row.suspension_reason ?? "" },
    mode: row.mode as Partner["mode"],
    terms: {
      type: row.type as PartnerType,
      mspFrom: row.msp_from as LocalDate | null,
      timeZone: row.time_zone,
      currency: row.currency,
      billingPeriod: row.billing_period as BillingPeriod,
      trialLimit: fromJson(row.trial_limit) as TrialLength | null,
      defaultTrial: fromJson(row.default_trial) as TrialLength | null,
    },
    taxRate: row.tax_rate,
    reverseCharge: row.reverse_charge === 1,
    company: fromJson(row.company) as Company | null,
    metadata: JSON.parse(row.metadata) as Partner["metadata"],
    clockAt: toInstant(row.clock_at),
    clockTargetAt: row.clock_target_at === null ? null : toInstant(row.clock_target_at),
    settlementMonth: row.settlement_month as Month,
    settlementDueAt: toInstant(row.settlement_due_at),
    expectsReceipts: row.expects_receipts === 1,
    createdAt: toInstant(row.created_at),
  };
  /* oxlint-enable typescript/no-unsafe-type-assertion */
}

function toSuspensionColumns({ suspension }: Partner): {
  suspended_at: number | null;
  suspension_reason: string | null;
} {
  return {
    suspended_at: suspension?.since ?? null,
    suspension_reason: suspension?.reason ?? null,
  };
}

function toJson(value: TrialLength | Company | null): string | null {
  return value === null ? null : JSON.stringify(value);
}

function fromJson(text: string | null): unknown {
  return text === null ? null : JSON.parse(text);
}

/** Ids of partners, in their order, after one of them. */
export async function listPartnerIds(db: Reader, after: string, limit: number): Promise<string[]> {
  const rows = await db
    .selectFrom("partners")
    .select("id")
    .where("id", ">", after)
    .orderBy("id")
    .limit(limit)
    .execute();
  return rows.map(({ id }) => id);
}
