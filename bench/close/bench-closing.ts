import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { quantile } from "../measure.ts";
import { closeMonth } from "./close-month.ts";
import { usePostgres, useSqlite, type Databases } from "./databases.ts";
import { measureBeside, type Latencies } from "./measure-beside.ts";
import { measureLargeBill } from "./measure-large-bill.ts";
import { populate } from "./populate.ts";

/** `BENCH_DATABASES=postgres` measures that one only. */
const kinds = (process.env["BENCH_DATABASES"] ?? "sqlite,postgres").split(",");
const largest = Number(process.env["BENCH_SUBSCRIPTIONS"] ?? 1_000_000);

/** Closes a month of 20 partners, one of which has half of all subscriptions, beside a bare program that writes the same rows. */
export async function benchClosing(): Promise<void> {
  const directory = mkdtempSync(join(tmpdir(), "evergate-bench-close-"));
  try {
    if (kinds.includes("sqlite")) await benchAll(useSqlite(directory));
    if (kinds.includes("postgres")) await benchAll(await usePostgres());
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

async function benchAll(databases: Databases): Promise<void> {
  try {
    await benchSizes(databases);
    await benchBeside(databases);
    await benchLargeBill(databases);
  } finally {
    await databases.stop();
  }
}

async function benchSizes(databases: Databases): Promise<void> {
  console.log(`\nClosing a month on ${databases.name}, 20 partners, the first with half of all`);
  for (const count of [largest / 100, largest / 10, largest]) {
    const before = await databases.create(`close_${count}`);
    await populate(before, count);
    const bare = await databases.copy(before, `bare_${count}`);
    const { seconds, peakMib } = await closeMonth(before);
    const bareSeconds = runBare(before, bare);
    const cells = [
      `${count.toLocaleString("en").padStart(9)} subscriptions`,
      `${seconds.toFixed(1).padStart(6)} s`,
      `bare ${bareSeconds.toFixed(1).padStart(6)} s`,
      `ratio ${(seconds / bareSeconds).toFixed(2)}`,
      `peak ${peakMib.toFixed(0).padStart(4)} MiB`,
      `database ${((await databases.sizeOf(before)) / 2 ** 20).toFixed(0).padStart(5)} MiB`,
    ];
    console.log(`  ${cells.join("   ")}`);
    await databases.drop(before);
    await databases.drop(bare);
  }
  console.log("  (a ratio of at most 3 and a peak below 400 MiB are wanted)");
}

async function benchBeside(databases: Databases): Promise<void> {
  console.log(`\nThe API while a month is closed on ${databases.name}`);
  const url = await databases.create("beside");
  const partners = await populate(url, largest / 10);
  const before: Latencies[] = [];
  const during: Latencies[] = [];
  const closed = await closeMonth(url, async (gateway, hasClosed) => {
    while (!hasClosed()) during.push(await measureBeside(gateway.origin, partners));
  });
  // The same gateway, database and partners with nothing to close: the month is settled.
  await closeMonth(url, async (gateway) => {
    for (let round = 0; round < Math.max(during.length, 3); round++)
      before.push(await measureBeside(gateway.origin, partners));
  });
  print("idle", before);
  print(`closing (${closed.seconds.toFixed(0)} s)`, during);
  await databases.drop(url);
}

function print(name: string, rounds: readonly Latencies[]): void {
  const of = (kind: keyof Latencies, share: number): string =>
    quantile(
      rounds.flatMap((round) => round[kind]).toSorted((one, other) => one - other),
      share,
    )
      .toFixed(1)
      .padStart(6);
  console.log(
    `  ${name.padEnd(18)} GET p50 ${of("get", 0.5)} ms p99 ${of("get", 0.99)} ms   POST p50 ${of("post", 0.5)} ms p99 ${of("post", 0.99)} ms`,
  );
}

async function benchLargeBill(databases: Databases): Promise<void> {
  console.log(`\nOne bill of 100,000 lines on ${databases.name}`);
  const url = await databases.create("large");
  await measureLargeBill(url);
  await databases.drop(url);
}

function runBare(after: string, before: string): number {
  const output = execFileSync(
    process.execPath,
    [fileURLToPath(new URL("bare-close-process.ts", import.meta.url)), after, before],
    { encoding: "utf8", maxBuffer: 2 ** 20 },
  );
  return (JSON.parse(output) as { seconds: number }).seconds;
}
