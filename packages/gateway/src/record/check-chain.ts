import type { Sealer } from "../secrets/sealer.ts";
import type { StoredHead } from "../store/audit-links.ts";
import { digestEntry, hashLink, toSealedHead, toSealedLink } from "./chain.ts";
import { createFaultList, type FaultList } from "./faults.ts";

/** A link as it is found, in the database or in an export. */
export interface SeenLink {
  readonly position: number;
  readonly entry: string;
  readonly digest: string;
  readonly hash: string;
  readonly seal: string;
  /** The entry's text as it is now; null where it is gone. */
  readonly text: string | null;
}

/** A place whose link alone is gone: what could stand in it is told by its neighbours. */
interface Gap {
  readonly position: number;
  readonly previous: string;
  readonly next: { readonly digest: string; readonly hash: string };
}

export interface ChainCheck {
  /** Takes the links one after another, by their positions. */
  see(link: SeenLink): void;
  /** Takes the head, after all links up to it. */
  end(head: StoredHead | null): void;
  /** Where an entry that has no link once stood, if it was one of the chain's. */
  findGap(digest: string): number | null;
  readonly list: FaultList;
  /** How many links were seen. */
  count(): number;
  /** The hash at the last of them. */
  lastHash(): string;
}

/**
 * Checks a chain link by link; it keeps nothing of those that it has seen but what is wrong with them.
 * Without a sealer (none, or one with another key) seals are not looked at: what somebody has recomputed as a whole
 * is not found then.
 */
export function checkChain(owner: string, sealer: Sealer | null, sealedFrom: number): ChainCheck {
  const list = createFaultList();
  const gaps: Gap[] = [];
  let count = 0;
  let last = 0;
  /** The last link's hash; null where that link itself can't be trusted. */
  let previous: string | null = "";
  let lastHash = "";
  /** The last link where it doesn't fit what is before it, until what follows has told why. */
  let doubted: { readonly position: number; readonly entry: string } | null = null;

  function seeGap(link: SeenLink): void {
    if (link.position <= last + 1) return;
    if (link.position === last + 2 && previous !== null)
      gaps.push({ position: last + 1, previous, next: link });
    list.addRun("removed", last + 1, link.position - 1);
    previous = null;
  }

  /** Whether the link was made by the gateway; null where that can't be told. */
  function isGenuine({ position, digest, hash, seal }: SeenLink): boolean | null {
    if (sealer === null || position < sealedFrom) return null;
    return sealer.isSealed("link", toSealedLink(position, digest, hash), seal);
  }

  /** What follows a doubted link proves its hash: then it is the entry that was changed, and its digest with it. */
  function clearDoubt(): void {
    if (doubted === null) return;
    const { position, entry } = doubted;
    list.rename((fault) => fault.position === position && fault.kind === "relinked", {
      kind: "changed",
      position,
      entry,
    });
  }

  return {
    list,
    count: () => count,
    lastHash: () => lastHash,
    see(link) {
      seeGap(link);
      const { position, entry, digest, hash, seal, text } = link;
      const genuine = isGenuine(link);
      if (genuine === true && hashLink(lastHash, digest, position) === hash) clearDoubt();
      const isLinked = previous === null || hashLink(previous, digest, position) === hash;
      if (text === null) list.add({ kind: "removed", position, entry });
      else if (digestEntry(text) !== digest) list.add({ kind: "changed", position, entry });
      else if (genuine === false && seal === "") list.add({ kind: "inserted", position, entry });
      else if (genuine === false || !isLinked) list.add({ kind: "relinked", position, entry });
      // What is wrong with one link is not held against the next.
      previous =
        genuine === false && seal !== "" ? null : isLinked || genuine === true ? hash : null;
      doubted = !isLinked && genuine === false && seal !== "" ? { position, entry } : null;
      count += 1;
      last = position;
      lastHash = hash;
    },
    end(head) {
      if (head === null) {
        if (last > 0) list.add({ kind: "rewound", position: last, entry: null });
        return;
      }
      const { position, hash } = head;
      const isSealed =
        sealer === null || sealer.isSealed("head", toSealedHead(owner, head), head.seal);
      if (sealer !== null && isSealed && hash === lastHash) clearDoubt();
      if (position > last) list.addRun("removed", last + 1, position);
      else if (position < last || (previous !== null && hash !== lastHash))
        list.add({ kind: "rewound", position, entry: null });
      else if (!isSealed) list.add({ kind: "rewound", position, entry: null });
    },
    findGap(digest) {
      const gap = gaps.find(
        ({ position, previous: before, next }) =>
          hashLink(hashLink(before, digest, position), next.digest, position + 1) === next.hash,
      );
      return gap?.position ?? null;
    },
  };
}
