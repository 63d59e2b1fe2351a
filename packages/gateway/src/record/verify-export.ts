import type { Sealer } from "../secrets/sealer.ts";
import type { StoredHead } from "../store/audit-links.ts";
import { operatorRecord } from "./chain.ts";
import { checkChain, type ChainCheck } from "./check-chain.ts";
import type { NotedHead, Verification } from "./verify-record.ts";

/** What was found in one record of an export. */
export interface ExportVerification extends Verification {
  readonly owner: string;
  /** Whether the seals were looked at; without the key only who has noted a head sees a chain made anew. */
  readonly isSealChecked: boolean;
}

/** Thrown where a text is no export of a record. */
export class NoExportError extends Error {
  override readonly name = "NoExportError";
}

interface Section {
  readonly owner: string;
  readonly head: StoredHead;
  readonly check: ChainCheck;
  readonly sealer: Sealer | null;
  isNoted: boolean;
}

/**
 * Checks what {@link renderExport} has written, line by line, without a database. `sealer` is null where there is no key.
 * Throws {@link NoExportError} where the text doesn't begin with a head.
 */
export async function* verifyExport(
  lines: AsyncIterable<string>,
  sealer: Sealer | null,
  noted: NotedHead | null,
): AsyncGenerator<ExportVerification, void, void> {
  let section: Section | null = null;
  for await (const line of lines) {
    if (line === "") continue;
    const head = parseHead(line);
    if (head !== null) {
      if (section !== null) yield finish(section, sealer, noted);
      section = openSection(head, sealer);
    } else if (section === null)
      throw new NoExportError("The file is no export of a record: its first line is no head.");
    else seeLine(section, line, noted);
  }
  if (section === null) throw new NoExportError("The file is no export of a record: it is empty.");
  yield finish(section, sealer, noted);
}

function openSection(
  { owner, head }: { readonly owner: string; readonly head: StoredHead },
  sealer: Sealer | null,
): Section {
  const own = head.key === sealer?.keyId ? sealer : null;
  return {
    owner,
    head,
    sealer: own,
    check: checkChain(owner, own, head.sealedFrom),
    isNoted: false,
  };
}

const lineForm =
  /^\{"position":(\d{1,15}),"id":"([^"]{1,200})","digest":"([^"]*)","hash":"([^"]*)","seal":"([^"]*)","entry":(.*)\}$/s;

function seeLine(section: Section, line: string, noted: NotedHead | null): void {
  const { check, head } = section;
  const [, position = "", entry = "", digest = "", hash = "", seal = "", text = ""] =
    lineForm.exec(line) ?? [];
  if (position === "") {
    check.list.add({ kind: "changed", position: null, entry: null });
    return;
  }
  if (Number(position) > head.position) {
    check.list.add({ kind: "inserted", position: null, entry });
    return;
  }
  if (noted?.position === Number(position) && noted.hash === hash) section.isNoted = true;
  const own = text === "null" ? null : text;
  check.see({
    position: Number(position),
    entry,
    digest,
    hash,
    seal,
    // The id stands beside the entry, so that one that is gone can be named: they have to agree.
    text: own === null || own.startsWith(`{"id":${JSON.stringify(entry)},`) ? own : "",
  });
}

function finish(
  { owner, head, check, sealer: own, isNoted }: Section,
  sealer: Sealer | null,
  noted: NotedHead | null,
): ExportVerification {
  const isUnused = head.position === 0 && head.key === "";
  if (!isUnused) check.end(head);
  if (noted !== null && !isNoted)
    check.list.add({ kind: "rewound", position: noted.position, entry: null });
  return {
    owner,
    entries: check.count(),
    pending: 0,
    head: head.position === 0 ? null : { position: head.position, hash: head.hash },
    key: isUnused ? "unused" : own === null && sealer !== null ? "differs" : "fits",
    sealedFrom: head.sealedFrom,
    isSealChecked: own !== null,
    faultCount: check.list.count(),
    faults: check.list.faults,
  };
}

function parseHead(line: string): { readonly owner: string; readonly head: StoredHead } | null {
  if (!line.startsWith('{"head":')) return null;
  let parsed: unknown;
  try {
    parsed = JSON.parse(line);
  } catch {
    throw new NoExportError("The file is no export of a record: a head can't be read.");
  }
  const read = (name: string): unknown =>
    Reflect.get(Object(Reflect.get(Object(parsed), "head")), name);
  const [partner, position, hash, seal, key, sealedFrom] = [
    "partner",
    "position",
    "hash",
    "seal",
    "key",
    "sealedFrom",
  ].map(read);
  if (
    (partner !== null && typeof partner !== "string") ||
    typeof position !== "number" ||
    typeof hash !== "string" ||
    typeof seal !== "string" ||
    typeof key !== "string" ||
    typeof sealedFrom !== "number"
  )
    throw new NoExportError("The file is no export of a record: a head can't be read.");
  return { owner: partner ?? operatorRecord, head: { position, hash, seal, key, sealedFrom } };
}
