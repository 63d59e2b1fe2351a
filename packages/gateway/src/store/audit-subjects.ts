import { sql, type RawBuilder } from "kysely";
import { operatorRecord } from "../record/chain.ts";
import type { Database } from "./schema.ts";
import type { Reader } from "./store.ts";

/** Tables whose every row was made with an entry of the record, whose subject is the row's id. */
type SubjectTable = Extract<
  keyof Database,
  | "api_keys"
  | "bills"
  | "credit_notes"
  | "customers"
  | "operator_company"
  | "partner_applications"
  | "partners"
  | "prepaid_licences"
  | "prices"
  | "products"
  | "subscriptions"
  | "webhook_endpoints"
  | "webhook_replays"
>;

const partnersTables: readonly SubjectTable[] = [
  "subscriptions",
  "bills",
  "credit_notes",
  "customers",
  "prepaid_licences",
  "webhook_endpoints",
  "webhook_replays",
];

/** Of all partners: who they are and which keys they have is told by the operator's own record. */
const operatorsTables: readonly SubjectTable[] = [
  "products",
  "prices",
  "partners",
  "partner_applications",
  "api_keys",
  "operator_company",
];

/** What a record has to tell of. */
export function listSubjectTables(owner: string): readonly SubjectTable[] {
  return owner === operatorRecord ? operatorsTables : partnersTables;
}

export interface SubjectCount {
  readonly id: string;
  /** Whether the record has fewer entries of it than it was changed at the least. */
  readonly isMissing: boolean;
}

/**
 * What is in one table, in the order of its ids, each with whether the record tells enough of it. Both are read by one
 * statement: what is written meanwhile is in both or in neither.
 */
export async function countSubjectEntries(
  db: Reader,
  owner: string,
  table: SubjectTable,
  after: string,
  limit: number,
): Promise<readonly SubjectCount[]> {
  const entries = sql`from audit_log where audit_log.partner = ${owner} and audit_log.subject = subject.id`;
  // A subscription counts its changes itself; of the rest only its making is sure to be on record.
  const isMissing: RawBuilder<unknown> =
    table === "subscriptions"
      ? sql`(select count(*) ${entries}) < subject.version`
      : sql`not exists (select 1 ${entries})`;
  const isOwn = owner === operatorRecord ? sql`` : sql`subject.partner = ${owner} and `;
  const { rows } = await sql<{ id: string; missing: number }>`
    select subject.id, case when ${isMissing} then 1 else 0 end as missing from ${sql.table(table)} as subject
    where ${isOwn}subject.id > ${after} order by subject.id limit ${limit}`.execute(db);
  return rows.map(({ id, missing }) => ({ id, isMissing: missing === 1 }));
}
