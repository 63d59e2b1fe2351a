import { makeId } from "../../ids.ts";
import type { Reader, Store, Transaction } from "../../store/store.ts";

/** A name under which this process leases something; no other is like it. */
export function makeLeaseName(): string {
  return `${makeId("worker")}.${process.pid}`;
}

/** Whether a process still runs that held leases under this name. One that had our own number, as in a container, does not. */
function isAlive(lease: string): boolean {
  const pid = Number(lease.split(".")[1]);
  if (pid === process.pid) return false;
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return error instanceof Error && "code" in error && error.code === "EPERM";
  }
}

/**
 * Frees at once what killed processes hold, of the leases that `list` finds. On SQLite all processes are on this machine;
 * of another machine's nothing is known, and its leases end by themselves.
 */
export async function freeDead(
  store: Store,
  list: (db: Reader) => Promise<readonly string[]>,
  free: (tx: Transaction, lease: string) => Promise<void>,
): Promise<void> {
  if (store.dialect !== "sqlite") return;
  for (const lease of await list(store.reader))
    if (!isAlive(lease)) await store.transaction((tx) => free(tx, lease));
}
