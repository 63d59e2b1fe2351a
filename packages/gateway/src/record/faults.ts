/**
 * What is wrong at a place of a record.
 * - `changed`: the entry doesn't say what it said when it was linked.
 * - `removed`: an entry was linked here and is gone.
 * - `inserted`: the entry was written by other hands than the gateway's.
 * - `unlinked`: the entry is there and genuine, its link is gone.
 * - `relinked`: the link was made anew by other hands; the order of the entries can't be trusted from here on.
 * - `rewound`: the chain doesn't lead to the head that is known for it: its end was taken away, or made anew.
 * - `missing`: there is a subject of whose making, or of some change, the record tells nothing.
 */
export type FaultKind =
  | "changed"
  | "removed"
  | "inserted"
  | "unlinked"
  | "relinked"
  | "rewound"
  | "missing";

export interface RecordFault {
  readonly kind: FaultKind;
  /** Null where it is in no place of the chain. */
  readonly position: number | null;
  /** Null where it is not known any more. */
  readonly entry: string | null;
  /** Of `missing` only: what it is that has too few entries. */
  readonly subject?: string;
}

/** So many are named; the rest is counted. */
export const maximumFaults = 100;

export interface FaultList {
  add(fault: RecordFault): void;
  /** The same fault of many places that follow on each other. */
  addRun(kind: FaultKind, first: number, last: number): void;
  /** Puts a better name to what was found before, and answers whether it was. */
  rename(find: (fault: RecordFault) => boolean, fault: RecordFault): boolean;
  readonly faults: readonly RecordFault[];
  count(): number;
}

export function createFaultList(): FaultList {
  const faults: RecordFault[] = [];
  let count = 0;
  const add = (fault: RecordFault): void => {
    count += 1;
    if (faults.length < maximumFaults) faults.push(fault);
  };
  return {
    add,
    addRun(kind, first, last) {
      const named = Math.min(last, first + maximumFaults - 1);
      for (let position = first; position <= named; position++)
        add({ kind, position, entry: null });
      count += last - named;
    },
    rename(find, fault) {
      const index = faults.findIndex(find);
      if (index >= 0) faults[index] = fault;
      return index >= 0;
    },
    faults,
    count: () => count,
  };
}
