import { execFileSync } from "node:child_process";
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Databases } from "../close/databases.ts";
import { median } from "../measure.ts";
import { readProfile } from "../read-profile.ts";
import { drain } from "./drain.ts";
import { populateDeliveries, type Message } from "./populate-deliveries.ts";
import type { Receiver } from "./receiver.ts";
import { readWatched, sum, watchOptions } from "./watch-database.ts";

const rounds = Number(process.env["BENCH_ROUNDS"] ?? 5);
const count = Number(process.env["BENCH_DELIVERIES"] ?? 20_000);
/** As many as a process takes to be compiled where it is busy. */
const warmUp = Math.floor(count / 4);
const endpoints = 8;
/** So many at once are on their way to an endpoint. */
const perEndpoint = 8;

/** Deliveries a second, from claim to recorded success, beside a loop that only signs and posts. */
export async function benchDelivering(
  databases: Databases,
  receiver: Receiver,
  directory: string,
  wanted: number,
): Promise<void> {
  console.log(
    `\nDelivering on ${databases.name}: ${endpoints} endpoints, ${perEndpoint} at once to each, ${count} deliveries a round`,
  );
  const template = await databases.create("deliver");
  const messages = await populateDeliveries(
    template,
    receiver.origin,
    endpoints,
    count / endpoints,
    true,
  );
  const file = join(directory, "messages.json");
  writeFileSync(file, JSON.stringify(interleave(messages)));
  const ratios: number[] = [];
  for (let round = 1; round <= rounds; round++) {
    const url = await databases.copy(template, `deliver_${round}`);
    const perSecond = await drain(url, receiver, count, warmUp);
    await databases.drop(url);
    await receiver.forget();
    const bare = runBareSender(receiver.origin, file);
    ratios.push(perSecond / bare);
    const cells = [
      `round ${round}`.padEnd(8),
      `${perSecond.toFixed(0).padStart(6)}/s`,
      `bare ${bare.toFixed(0).padStart(6)}/s`,
      `ratio ${(perSecond / bare).toFixed(2)}`,
    ];
    console.log(`  ${cells.join("   ")}`);
  }
  console.log(
    `  ratio to the bare loop: ${median(ratios).toFixed(2)} (median of ${rounds}; at least ${wanted.toFixed(2)} is wanted)`,
  );
  const profiled = await databases.copy(template, "deliver_profile");
  await showWhereTimeGoes(profiled, receiver, join(directory, `profile-${databases.name}`));
  await databases.drop(profiled);
  await databases.drop(template);
  await countStatements(databases, receiver, directory);
}

/** An endpoint's messages are not all in a row: the loop posts to all of them at once, as the gateway does. */
function interleave(messages: readonly Message[]): readonly Message[] {
  const each = messages.length / endpoints;
  return messages.flatMap(
    (_, index) => messages[(index % endpoints) * each + Math.floor(index / endpoints)] ?? [],
  );
}

function runBareSender(origin: string, file: string): number {
  const output = execFileSync(
    process.execPath,
    [
      fileURLToPath(new URL("bare-sender-process.ts", import.meta.url)),
      origin,
      file,
      String(endpoints * perEndpoint),
      String(warmUp),
    ],
    { encoding: "utf8" },
  );
  return (JSON.parse(output) as { perSecond: number }).perSecond;
}

async function showWhereTimeGoes(
  databaseUrl: string,
  receiver: Receiver,
  profiles: string,
): Promise<void> {
  mkdirSync(profiles);
  await drain(databaseUrl, receiver, count, warmUp, ["--cpu-prof", `--cpu-prof-dir=${profiles}`]);
  console.log("  where the gateway's time goes:");
  for (const [room, share] of readProfile(profiles))
    console.log(`    ${(share * 100).toFixed(0).padStart(3)} %  ${room}`);
}

/** Everything that goes to the database from an event that is stored and has no place yet to the recorded success of its delivery. */
async function countStatements(
  databases: Databases,
  receiver: Receiver,
  directory: string,
): Promise<void> {
  const url = await databases.create("deliver_count");
  await populateDeliveries(url, receiver.origin, endpoints, count / endpoints, false);
  const file = join(directory, `watched-${databases.name}`);
  await drain(url, receiver, count, warmUp, watchOptions, { BENCH_WATCH_FILE: file });
  await databases.drop(url);
  const { statements } = readWatched(file);
  rmSync(file, { force: true });
  console.log(
    `  SQL statements per delivered event, from placing to recorded success, begin, commit and savepoints counted: ${(sum(statements.values()) / count).toFixed(2)} (at most 3 are wanted)`,
  );
  for (const [text, times] of [...statements]
    .toSorted(([, one], [, other]) => other - one)
    .slice(0, 6))
    console.log(`    ${(times / count).toFixed(2).padStart(5)}  ${text.slice(0, 110)}`);
}
