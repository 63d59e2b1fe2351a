import { setImmediate as endOfTurn } from "node:timers/promises";
import type { Sealer } from "../secrets/sealer.ts";
import {
  findEntryFields,
  findHead,
  findLastLink,
  findLinkHash,
  listEntryPlaces,
  listLinked,
  listWaitingEntries,
  type EntryPlace,
} from "../store/audit-links.ts";
import { countSubjectEntries, listSubjectTables } from "../store/audit-subjects.ts";
import type { Reader } from "../store/store.ts";
import { digestEntry, isDividedRightly, renderEntry, type EntryFields } from "./chain.ts";
import { checkChain, type ChainCheck } from "./check-chain.ts";
import type { RecordFault } from "./faults.ts";

/** So many rows are read at once: a few milliseconds, then it is another's turn. */
const chunkSize = 500;

/** A place of the chain with the hash that it had, as somebody has noted it. */
export interface NotedHead {
  readonly position: number;
  readonly hash: string;
}

export interface Verification {
  /** How many links were checked. */
  readonly entries: number;
  /** How many entries wait for their link. */
  readonly pending: number;
  /** Null where nothing is linked yet. */
  readonly head: NotedHead | null;
  /** Whether the record was sealed with the key at hand; where it differs, seals were not looked at. */
  readonly key: "fits" | "differs" | "unused";
  /** From this position on there are seals to be checked; more than 1 where a key was lost. */
  readonly sealedFrom: number;
  readonly faultCount: number;
  /** The first of them. */
  readonly faults: readonly RecordFault[];
}

/** Nothing is wrong, and that could be told. */
export function isIntact({ faultCount, key }: Verification): boolean {
  return faultCount === 0 && key !== "differs";
}

/**
 * Checks a record against its chain, its seals, the heads that are known for it, and what it has to tell of (R26).
 * Reads in chunks and lets others have their turns in between; what is written meanwhile is left for the next time.
 */
export async function verifyRecord(
  db: Reader,
  sealer: Sealer,
  owner: string,
  noted: NotedHead | null = null,
): Promise<Verification> {
  const head = await findHead(db, owner);
  const isOtherKey = head !== undefined && head.key !== sealer.keyId;
  const ownSealer = isOtherKey ? null : sealer;
  const check = checkChain(owner, ownSealer, head?.sealedFrom ?? 1);
  await seeLinks(db, owner, check, await findLastPosition(db, owner, head));
  check.end(head ?? null);
  await seeStrays(db, owner, check);
  const pending = await seeWaiting(db, ownSealer, owner, check);
  await seeSubjects(db, owner, check);
  if (noted !== null && (await findLinkHash(db, owner, noted.position)) !== noted.hash)
    check.list.add({ kind: "rewound", position: noted.position, entry: null });
  return {
    entries: check.count(),
    pending,
    head:
      head === undefined || head.position === 0
        ? null
        : { position: head.position, hash: head.hash },
    key: isOtherKey ? "differs" : head === undefined ? "unused" : "fits",
    sealedFrom: head?.sealedFrom ?? 1,
    faultCount: check.list.count(),
    faults: check.list.faults,
  };
}

async function findLastPosition(
  db: Reader,
  owner: string,
  head: { readonly position: number; readonly lastPosition: number } | undefined,
): Promise<number> {
  // Without a head there must be no link; if there are, somebody has taken it away.
  if (head === undefined) return (await findLastLink(db, owner))?.position ?? 0;
  return Math.max(head.position, head.lastPosition);
}

async function seeLinks(db: Reader, owner: string, check: ChainCheck, last: number): Promise<void> {
  for (let after = 0; ;) {
    const linked = await listLinked(db, owner, { after, last }, chunkSize);
    for (const { link, fields } of linked) {
      check.see({ ...link, text: fields === null ? null : readText(owner, fields) });
      after = link.position;
    }
    if (linked.length < chunkSize) return;
    await endOfTurn();
  }
}

/** The entry's text; empty, which is no entry's, where its columns make no entry. */
function readText(owner: string, fields: EntryFields): string {
  const text = renderEntry(owner, fields);
  return isDividedRightly(fields, text) ? text : "";
}

/** Entries that no link names, or whose link names another instant. */
async function seeStrays(db: Reader, owner: string, check: ChainCheck): Promise<void> {
  for (let after: EntryPlace | null = null; ;) {
    const places: readonly EntryPlace[] = await listEntryPlaces(db, owner, after, chunkSize);
    for (const place of places)
      if (place.link === null || place.link.at !== place.at)
        await seeStray(db, owner, check, place);
    after = places.at(-1) ?? null;
    if (places.length < chunkSize) return;
    await endOfTurn();
  }
}

async function seeStray(
  db: Reader,
  owner: string,
  check: ChainCheck,
  { id, at, link }: EntryPlace,
): Promise<void> {
  const { list } = check;
  const changed: RecordFault = { kind: "changed", position: link?.position ?? null, entry: id };
  // Its link has found nothing at the instant that it knows: it is the instant that was changed.
  if (
    link !== null &&
    list.rename(({ kind, entry }) => kind === "removed" && entry === id, changed)
  )
    return;
  const fields = link === null ? await findEntryFields(db, owner, { at, id }) : undefined;
  const gap = fields === undefined ? null : check.findGap(digestEntry(renderEntry(owner, fields)));
  if (
    gap !== null &&
    list.rename(({ kind, position }) => kind === "removed" && position === gap, {
      kind: "unlinked",
      position: gap,
      entry: id,
    })
  )
    return;
  list.add({ kind: "inserted", position: null, entry: id });
}

/** Checks what waits for its link, and answers how many. */
async function seeWaiting(
  db: Reader,
  sealer: Sealer | null,
  owner: string,
  { list }: ChainCheck,
): Promise<number> {
  let count = 0;
  for (let after = ""; ;) {
    const waiting = await listWaitingEntries(db, owner, after, chunkSize);
    for (const { link, fields } of waiting) {
      const { entry, digest, seal } = link;
      after = entry;
      if (sealer !== null && !sealer.isSealed("entry", digest, seal))
        list.add({ kind: "inserted", position: null, entry });
      else if (fields === null) list.add({ kind: "removed", position: null, entry });
      else if (digestEntry(readText(owner, fields)) !== digest)
        list.add({ kind: "changed", position: null, entry });
    }
    count += waiting.length;
    if (waiting.length < chunkSize) return count;
    await endOfTurn();
  }
}

/**
 * A chain whose end, or all of which, was taken away with an old head put back, or none, is whole in itself. What it no
 * longer tells of is still there, mostly.
 */
async function seeSubjects(db: Reader, owner: string, { list }: ChainCheck): Promise<void> {
  for (const table of listSubjectTables(owner))
    for (let after = ""; ;) {
      const subjects = await countSubjectEntries(db, owner, table, after, chunkSize);
      for (const { id, isMissing } of subjects) {
        if (isMissing) list.add({ kind: "missing", position: null, entry: null, subject: id });
        after = id;
      }
      if (subjects.length < chunkSize) break;
      await endOfTurn();
    }
}
