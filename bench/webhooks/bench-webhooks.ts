import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { usePostgres, useSqlite, type Databases } from "../close/databases.ts";
import { benchDelivering } from "./bench-delivering.ts";
import { benchLag } from "./bench-lag.ts";
import { startReceiver } from "./receiver.ts";

/** `BENCH_DATABASES=postgres` measures that one only. */
const kinds = (process.env["BENCH_DATABASES"] ?? "sqlite,postgres").split(",");

/** Delivers to a receiver in a process of its own, over real HTTP on loopback. */
export async function benchWebhooks(): Promise<void> {
  const directory = mkdtempSync(join(tmpdir(), "evergate-bench-webhooks-"));
  try {
    if (kinds.includes("sqlite")) await benchAll(useSqlite(directory), directory, 0.4);
    if (kinds.includes("postgres")) await benchAll(await usePostgres(), directory, 0.3);
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

async function benchAll(databases: Databases, directory: string, wanted: number): Promise<void> {
  const receiver = await startReceiver();
  try {
    await benchDelivering(databases, receiver, directory, wanted);
    await benchLag(databases, receiver, directory);
  } finally {
    await receiver.stop();
    await databases.stop();
  }
}
