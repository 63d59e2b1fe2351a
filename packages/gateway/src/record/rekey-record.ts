import type { Sealer } from "../secrets/sealer.ts";
import {
  listHeadOwners,
  listWaiting,
  lockHead,
  saveLinks,
  updateHead,
  type Link,
} from "../store/audit-links.ts";
import type { Store, Transaction } from "../store/store.ts";
import { hashLink, toSealedHead, type Head } from "./chain.ts";

/** So many records are looked up at once, and so many of one record's entries linked. */
const chunkSize = 500;

/**
 * Goes on with every record under this key, where the one before is lost: what there is stays as it is, protected by
 * its hashes and by the first seal that follows; its own seals can't be checked any more. Answers how many records.
 */
export async function rekeyRecords(store: Store, sealer: Sealer): Promise<number> {
  let count = 0;
  for (let after = ""; ;) {
    const owners = await listHeadOwners(store.reader, after, chunkSize);
    for (const owner of owners) {
      let outcome = await store.transaction((tx) => rekey(tx, sealer, owner));
      while (outcome === "more")
        outcome = await store.transaction((tx) => rekey(tx, sealer, owner));
      if (outcome === "done") count += 1;
    }
    const last = owners.at(-1);
    if (last === undefined || owners.length < chunkSize) return count;
    after = last;
  }
}

async function rekey(
  tx: Transaction,
  sealer: Sealer,
  owner: string,
): Promise<"done" | "more" | "not needed"> {
  const head = await lockHead(tx, owner, {
    position: 0,
    hash: "",
    sealedFrom: 1,
    key: sealer.keyId,
    seal: "",
  });
  if (head.key === sealer.keyId) return "not needed";
  // What waits was sealed with the lost key, so it belongs before the first seal of the new one.
  const waiting = await listWaiting(tx, owner, chunkSize);
  let { position, hash } = head;
  const links = waiting.map(({ entry, at, digest }): Link => {
    position += 1;
    hash = hashLink(hash, digest, position);
    return { entry, at, digest, seal: "", position, hash };
  });
  await saveLinks(tx, owner, links, "waiting");
  if (waiting.length === chunkSize) {
    await updateHead(tx, owner, { ...head, position, hash });
    return "more";
  }
  const next: Head = { position, hash, sealedFrom: position + 1 };
  const seal = head.seal === "" ? "" : sealer.seal("head", toSealedHead(owner, next));
  await updateHead(tx, owner, { ...next, key: sealer.keyId, seal });
  return "done";
}
