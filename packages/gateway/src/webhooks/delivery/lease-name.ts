import { makeId } from "../../ids.ts";

/** A name under which this process leases something; no other is like it. */
export function makeLeaseName(): string {
  return `${makeId("worker")}.${process.pid}`;
}

/** Whether a process still runs that held leases under this name. One that had our own number, as in a container, does not. */
export function isAlive(lease: string): boolean {
  const pid = Number(lease.split(".")[1]);
  if (pid === process.pid) return false;
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return error instanceof Error && "code" in error && error.code === "EPERM";
  }
}
