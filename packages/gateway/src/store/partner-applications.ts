import { toInstant, type Instant, type PartnerType } from "@evergate/core";
import { sql, type Selectable } from "kysely";
import type { components } from "../generated/api.ts";
import { toPartnerId, type PartnerId } from "../ids.ts";
import { listNewestFirst, type Page, type PageRequest } from "./page.ts";
import type { PartnerApplicationTable } from "./schema.ts";
import type { Dialect, Reader, Transaction } from "./store.ts";

type Wire = components["schemas"]["PartnerApplication"];

/** What a company answers when it applies, as it is answered again. */
export type ApplicationAnswers = Pick<
  Wire,
  | "company"
  | "legalForm"
  | "contact"
  | "website"
  | "expectedCustomers"
  | "expectedQuantity"
  | "message"
  | "msp"
  | "xsp"
>;

/** A company's application to become a partner. Its times are the system's. */
export interface PartnerApplication {
  readonly id: string;
  readonly status: Wire["status"];
  readonly type: PartnerType;
  readonly answers: ApplicationAnswers;
  readonly createdAt: Instant;
  readonly reviewedAt: Instant | null;
  readonly decidedAt: Instant | null;
  readonly rejectionReason: string | null;
  readonly partner: PartnerId | null;
}

const undecided = ["applied", "in_review"] as const;

/** How many wait for a decision. On PostgreSQL whoever asks next waits until this transaction ends: nobody counts the same room twice. */
export async function lockUndecidedCount(tx: Transaction, dialect: Dialect): Promise<number> {
  if (dialect === "postgres")
    await sql`select pg_advisory_xact_lock(hashtextextended('partner_applications', 3))`.execute(
      tx,
    );
  const { count } = await tx
    .selectFrom("partner_applications")
    .select((select) => select.fn.countAll<number>().as("count"))
    .where("status", "in", [...undecided])
    .executeTakeFirstOrThrow();
  return count;
}

export async function insertApplication(
  tx: Transaction,
  application: PartnerApplication,
): Promise<void> {
  await tx
    .insertInto("partner_applications")
    .values({
      id: application.id,
      type: application.type,
      answers: JSON.stringify(application.answers),
      created_at: application.createdAt,
      ...toState(application),
    })
    .execute();
}

/** Saves where it stands; what was answered never changes. */
export async function updateApplication(
  tx: Transaction,
  application: PartnerApplication,
): Promise<void> {
  await tx
    .updateTable("partner_applications")
    .set(toState(application))
    .where("id", "=", application.id)
    .execute();
}

export async function findApplication(
  db: Reader,
  id: string,
): Promise<PartnerApplication | undefined> {
  const row = await db
    .selectFrom("partner_applications")
    .selectAll()
    .where("id", "=", id)
    .executeTakeFirst();
  return row && toApplication(row);
}

/** The same, locked: of two who decide at once the second sees what the first has decided. */
export async function lockApplication(
  tx: Transaction,
  dialect: Dialect,
  id: string,
): Promise<PartnerApplication | undefined> {
  const query = tx.selectFrom("partner_applications").selectAll().where("id", "=", id);
  const row = await (dialect === "postgres" ? query.forUpdate() : query).executeTakeFirst();
  return row && toApplication(row);
}

export async function listApplications(
  db: Reader,
  filter: { readonly status?: string | undefined },
  page: PageRequest,
): Promise<Page<PartnerApplication>> {
  let query = db.selectFrom("partner_applications").selectAll();
  if (filter.status !== undefined) query = query.where("status", "=", filter.status);
  return listNewestFirst(query, "application", page, toApplication);
}

function toState(
  application: PartnerApplication,
): Pick<
  PartnerApplicationTable,
  "status" | "reviewed_at" | "decided_at" | "rejection_reason" | "partner"
> {
  return {
    status: application.status,
    reviewed_at: application.reviewedAt,
    decided_at: application.decidedAt,
    rejection_reason: application.rejectionReason,
    partner: application.partner,
  };
}

function toApplication(row: Selectable<PartnerApplicationTable>): PartnerApplication {
  /* oxlint-disable typescript/no-unsafe-type-assertion -- the row was written from a PartnerApplication */
  return {
    id: row.id,
    status: row.status as PartnerApplication["status"],
    type: row.type as PartnerType,
    answers: JSON.parse(row.answers) as ApplicationAnswers,
    createdAt: toInstant(row.created_at),
    reviewedAt: row.reviewed_at === null ? null : toInstant(row.reviewed_at),
    decidedAt: row.decided_at === null ? null : toInstant(row.decided_at),
    rejectionReason: row.rejection_reason,
    partner: row.partner === null ? null : toPartnerId(row.partner),
  };
  /* oxlint-enable typescript/no-unsafe-type-assertion */
}
