// The provider's own database: which licences it honours, and, beside them, which deliveries have brought it there.
import { DatabaseSync } from "node:sqlite";
import type { SequenceRange } from "@evergate/sdk";

const db = new DatabaseSync(process.env["DATABASE"] ?? "licences.db", { timeout: 5_000 });
db.exec(`CREATE TABLE IF NOT EXISTS licences (subscription TEXT PRIMARY KEY, status TEXT, sequence INTEGER) STRICT;
         CREATE TABLE IF NOT EXISTS received (ranges TEXT) STRICT;
         INSERT INTO received SELECT '[]' WHERE NOT EXISTS (SELECT * FROM received)`);
const statusStatement = db.prepare(`INSERT INTO licences VALUES (?, ?, ?) ON CONFLICT DO UPDATE
  SET status = excluded.status, sequence = excluded.sequence WHERE excluded.sequence > sequence`);
const loadStatement = db.prepare("SELECT ranges FROM received");
const saveStatement = db.prepare("UPDATE received SET ranges = ?");

/** Does all of it or nothing. */
export function transaction(work: () => void): void {
  db.exec("BEGIN IMMEDIATE");
  try {
    work();
    db.exec("COMMIT");
  } catch (error) {
    db.exec("ROLLBACK");
    throw error;
  }
}

/** Sets what a subscription's licence is; what is older than what is known changes nothing. */
export function setStatus(subscription: string, status: string, sequence: number): void {
  statusStatement.run(subscription, status, sequence);
}

/** The numbers of the deliveries that have been taken. */
export function loadRanges(): readonly SequenceRange[] {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- saveRanges has written it
  return JSON.parse(String(loadStatement.get()?.["ranges"])) as SequenceRange[];
}

export function saveRanges(ranges: readonly SequenceRange[]): void {
  saveStatement.run(JSON.stringify(ranges));
}
