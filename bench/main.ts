import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { benchClosing } from "./close/bench-closing.ts";
import { startBareServer, startGateway } from "./child.ts";
import { median, sendAll, type Call, type Figures } from "./measure.ts";
import { preparePartner, type Prepared } from "./prepare-partner.ts";
import { readProfile } from "./read-profile.ts";
import { benchWebhooks } from "./webhooks/bench-webhooks.ts";

// Every figure stands beside a yardstick measured in the same run, round by round, so that a slow or busy machine slows both.
const rounds = Number(process.env["BENCH_ROUNDS"] ?? 5);
const writes = Number(process.env["BENCH_WRITES"] ?? 6_000);
const reads = Number(process.env["BENCH_READS"] ?? 15_000);
const connections = 50;
/** `BENCH_PARTS=webhooks` measures that part only. */
const parts = {
  writing: benchWriting,
  reading: benchReading,
  starting: benchStarting,
  closing: benchClosing,
  webhooks: benchWebhooks,
};
const wanted = (process.env["BENCH_PARTS"] ?? Object.keys(parts).join(",")).split(",");

const directory = mkdtempSync(join(tmpdir(), "evergate-bench-"));
try {
  for (const [name, bench] of Object.entries(parts)) if (wanted.includes(name)) await bench();
} finally {
  rmSync(directory, { recursive: true, force: true });
}

async function benchWriting(): Promise<void> {
  console.log(
    `\nPOST /v1/subscriptions, ${connections} connections, SQLite with synchronous=FULL, ${writes} a round`,
  );
  const ratios: number[] = [];
  for (let round = 1; round <= rounds; round++) {
    const path = join(directory, `write-${round}.db`);
    const gateway = await startGateway(`file:${path}`);
    const prepared = await preparePartner(gateway.origin);
    // Compiled and cached what can be, as in a process that has been running for a while.
    await sendAll(gateway.origin, connections, Math.floor(writes / 4), () => toPost(prepared));
    const figures = await sendAll(gateway.origin, connections, writes, () => toPost(prepared));
    await gateway.stop();
    const bare = runBareWriter(path, join(directory, `bare-${round}.db`));
    ratios.push(figures.perSecond / bare);
    print(`round ${round}`, figures, bare, ratios.at(-1));
  }
  console.log(
    `  ratio to the bare program: ${median(ratios).toFixed(2)} (median of ${rounds}; at least 0.80 is wanted)`,
  );
  await showWhereTimeGoes();
}

async function showWhereTimeGoes(): Promise<void> {
  const profiles = mkdtempSync(join(directory, "profile-"));
  const gateway = await startGateway(`file:${join(directory, "profile.db")}`, [
    "--cpu-prof",
    `--cpu-prof-dir=${profiles}`,
  ]);
  const prepared = await preparePartner(gateway.origin);
  await sendAll(gateway.origin, connections, writes * 2, () => toPost(prepared));
  await gateway.stop();
  console.log("  where the gateway's time goes:");
  for (const [room, share] of readProfile(profiles))
    console.log(`    ${(share * 100).toFixed(0).padStart(3)} %  ${room}`);
}

async function benchReading(): Promise<void> {
  console.log(`\nGET /v1/subscriptions/{id}, ${connections} connections, ${reads} a round`);
  const gateway = await startGateway(`file:${join(directory, "read.db")}`);
  const prepared = await preparePartner(gateway.origin);
  const made = await fetch(`${gateway.origin}/v1/subscriptions`, toRequest(toPost(prepared)));
  const json = await made.text();
  const { id } = JSON.parse(json) as { id: string };
  const bareServer = await startBareServer(json);
  const call: Call = {
    method: "GET",
    path: `/v1/subscriptions/${id}`,
    headers: { authorization: `Bearer ${prepared.key}` },
  };
  const ratios: number[] = [];
  for (const origin of [gateway.origin, bareServer.origin])
    await sendAll(origin, connections, reads, () => call);
  for (let round = 1; round <= rounds; round++) {
    const figures = await sendAll(gateway.origin, connections, reads, () => call);
    const bare = await sendAll(bareServer.origin, connections, reads, () => call);
    ratios.push(figures.perSecond / bare.perSecond);
    print(`round ${round}`, figures, bare.perSecond, ratios.at(-1));
  }
  console.log(
    `  ratio to the bare route: ${median(ratios).toFixed(2)} (median of ${rounds}; at least 0.40 is wanted)`,
  );
  await Promise.all([gateway.stop(), bareServer.stop()]);
}

async function benchStarting(): Promise<void> {
  const times: number[] = [];
  for (let round = 1; round <= rounds; round++) {
    const gateway = await startGateway(`file:${join(directory, "read.db")}`);
    times.push(gateway.startedInMs);
    await gateway.stop();
  }
  console.log(
    `\nFrom process start to the first answer, existing database: ${median(times).toFixed(0)} ms (median of ${rounds}; under 700 ms is the aim)`,
  );
}

function toPost({ key, customer, product }: Prepared): Call {
  return {
    method: "POST",
    path: "/v1/subscriptions",
    headers: {
      authorization: `Bearer ${key}`,
      "content-type": "application/json",
      "idempotency-key": crypto.randomUUID(),
    },
    body: JSON.stringify({ customer, product, quantity: 10 }),
  };
}

function toRequest({ method, headers, body }: Call): RequestInit {
  return { method, headers, ...(body === undefined ? {} : { body }) };
}

function runBareWriter(source: string, target: string): number {
  const output = execFileSync(
    process.execPath,
    [fileURLToPath(new URL("bare-writer-process.ts", import.meta.url)), source, target],
    { encoding: "utf8" },
  );
  return (JSON.parse(output) as { perSecond: number }).perSecond;
}

function print(name: string, figures: Figures, bare: number, ratio: number | undefined): void {
  const cells = [
    name.padEnd(8),
    `${figures.perSecond.toFixed(0).padStart(6)}/s`,
    `p50 ${figures.p50Ms.toFixed(1).padStart(5)} ms`,
    `p99 ${figures.p99Ms.toFixed(1).padStart(5)} ms`,
    `bare ${bare.toFixed(0).padStart(6)}/s`,
    `ratio ${(ratio ?? Number.NaN).toFixed(2)}`,
  ];
  console.log(`  ${cells.join("   ")}`);
}
