import type { Sealer } from "../secrets/sealer.ts";
import {
  findLastLink,
  hasWaiting,
  listWaiting,
  lockHead,
  saveLinks,
  updateHead,
  type Link,
  type StoredHead,
  type WaitingLink,
} from "../store/audit-links.ts";
import type { Store, Transaction } from "../store/store.ts";
import { hashLink, toSealedHead, toSealedLink, type Head } from "./chain.ts";

/** So many entries are linked in one transaction, which keeps it near 10 ms. */
const chunkSize = 1_000;

/** The record was sealed with another key than this process has: it is not gone on with under a false one. */
class OtherKeyError extends Error {
  override readonly name = "OtherKeyError";

  constructor(owner: string) {
    super(
      `The record of ${owner} is sealed with another EVERGATE_SECRET_KEY than this one. Its new entries wait for their links until the key is restored.`,
    );
  }
}

/**
 * Links a record's waiting entries to its chain, in chunks, and answers how many (R26).
 *
 * This is a step of its own because a chain made in the request would make every write of a partner wait for the one
 * before. Any number of processes may call it at once; they take turns. Throws {@link OtherKeyError}.
 */
export async function linkNewEntries(store: Store, sealer: Sealer, owner: string): Promise<number> {
  // Most who ask find nothing to do; they need not wait for the lock.
  if (!(await hasWaiting(store.reader, owner))) return 0;
  for (let count = 0; ;) {
    const linked = await store.transaction((tx) => linkChunk(tx, sealer, owner));
    count += linked;
    if (linked < chunkSize) return count;
  }
}

/** The same for who is about to read the chain: under another key than the record's they read it as it is. */
export async function linkWaiting(
  { store, sealer }: { readonly store: Store; readonly sealer: Sealer },
  owner: string,
): Promise<void> {
  try {
    await linkNewEntries(store, sealer, owner);
  } catch (error) {
    if (!(error instanceof OtherKeyError)) throw error;
  }
}

async function linkChunk(tx: Transaction, sealer: Sealer, owner: string): Promise<number> {
  const head = await lockHead(tx, owner, makeFirstHead(sealer, owner));
  if (head.key !== sealer.keyId) throw new OtherKeyError(owner);
  const waiting = await listWaiting(tx, owner, chunkSize);
  if (waiting.length === 0) return 0;
  await extendChain(tx, sealer, owner, head, waiting, "waiting", (link) =>
    // What has no right seal was written by other hands. It gets its link, so that it can't be taken for anything
    // else later, and no seal, which tells it for good.
    sealer.isSealed("entry", link.digest, link.seal) ? "is sealed" : "has no seal",
  );
  return waiting.length;
}

/**
 * Links entries that are written in this very transaction, whose caller holds the partner alone: it saves them the
 * time of waiting, in which they would be written twice. Answers false, and does nothing, under another key than
 * the record's: then they have to wait.
 */
export async function linkAtOnce(
  tx: Transaction,
  sealer: Sealer,
  owner: string,
  entries: readonly Omit<WaitingLink, "seal">[],
): Promise<boolean> {
  if (entries.length === 0) return true;
  const head = await lockHead(tx, owner, makeFirstHead(sealer, owner));
  if (head.key !== sealer.keyId) return false;
  await extendChain(tx, sealer, owner, head, entries, "new", () => "is sealed");
  return true;
}

async function extendChain<Entry extends Omit<WaitingLink, "seal">>(
  tx: Transaction,
  sealer: Sealer,
  owner: string,
  head: StoredHead,
  entries: readonly Entry[],
  of: "new" | "waiting",
  judge: (entry: Entry) => "is sealed" | "has no seal",
): Promise<void> {
  const last = await findLastLink(tx, owner);
  const isTrue =
    isSealedHead(sealer, owner, head) &&
    (last?.position ?? 0) === head.position &&
    (last?.hash ?? "") === head.hash;
  // A head that was tampered with keeps no seal for good: else going on would cover the traces.
  let { position, hash } = isTrue ? head : (last ?? { position: 0, hash: "" });
  const links = entries.map((entry): Link => {
    const { digest } = entry;
    position += 1;
    hash = hashLink(hash, digest, position);
    const seal =
      judge(entry) === "is sealed" ? sealer.seal("link", toSealedLink(position, digest, hash)) : "";
    return { entry: entry.entry, at: entry.at, digest, seal, position, hash };
  });
  await saveLinks(tx, owner, links, of);
  const next: Head = { position, hash, sealedFrom: head.sealedFrom };
  await updateHead(tx, owner, {
    ...next,
    key: head.key,
    seal: isTrue ? sealer.seal("head", toSealedHead(owner, next)) : "",
  });
}

/** Whether the head was sealed with this key. */
export function isSealedHead(sealer: Sealer, owner: string, head: StoredHead): boolean {
  return sealer.isSealed("head", toSealedHead(owner, head), head.seal);
}

function makeFirstHead(sealer: Sealer, owner: string): StoredHead {
  const head: Head = { position: 0, hash: "", sealedFrom: 1 };
  return { ...head, key: sealer.keyId, seal: sealer.seal("head", toSealedHead(owner, head)) };
}
