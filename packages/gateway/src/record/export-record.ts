import type { Document } from "../contract/operation.ts";
import { findHead, listLinked, type LinkedEntry, type StoredHead } from "../store/audit-links.ts";
import type { Reader } from "../store/store.ts";
import { renderEntry, toWireOwner } from "./chain.ts";

/** So many lines are read and written at once. */
const chunkSize = 500;

export const exportType = "application/x-ndjson";

/** A record as JSON Lines, as {@link renderExport} makes them. */
export function exportRecord(db: Reader, owner: string): Document<typeof exportType> {
  return {
    mediaType: exportType,
    filename: `record-${owner}.jsonl`,
    chunks: renderExport(db, owner),
  };
}

/**
 * A record's chain in lines of JSON: first its head, then each entry in the order of the chain. What is hashed is the
 * text of `entry`, byte for byte as it stands in its line. What waits for its link is not in it yet.
 */
export async function* renderExport(db: Reader, owner: string): AsyncGenerator<string, void, void> {
  const head = await findHead(db, owner);
  yield renderHead(owner, head);
  if (head === undefined) return;
  for (let after = 0; ;) {
    const linked = await listLinked(db, owner, { after, last: head.position }, chunkSize);
    const last = linked.at(-1);
    if (last === undefined) return;
    yield linked.map((one) => renderLine(owner, one)).join("");
    after = last.link.position;
  }
}

function renderHead(owner: string, head: StoredHead | undefined): string {
  const { position = 0, hash = "", seal = "", key = "", sealedFrom = 1 } = head ?? {};
  return `${JSON.stringify({ head: { partner: toWireOwner(owner), position, hash, seal, key, sealedFrom } })}\n`;
}

function renderLine(owner: string, { link, fields }: LinkedEntry): string {
  const { position, entry, digest, hash, seal } = link;
  const fixed = JSON.stringify({ position, id: entry, digest, hash, seal });
  // A line stays a line, whatever was put into the database.
  const text = fields === null ? "null" : renderEntry(owner, fields).replaceAll(/[\r\n]/g, " ");
  return `${fixed.slice(0, -1)},"entry":${text}}\n`;
}
