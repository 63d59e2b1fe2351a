import { readFileSync } from "node:fs";
import { setTimeout as delay } from "node:timers/promises";
import { Evergate } from "@evergate/sdk";
import { operatorKey, startGateway, type Child } from "../child.ts";
import { findClosingMonth } from "./month.ts";

export interface Closed {
  readonly seconds: number;
  readonly peakMib: number;
}

const lookEveryMs = 250;

/**
 * Starts the real gateway on a database that has a month to close, and measures until every partner's is settled.
 * `meanwhile` runs beside it, from the start on.
 */
export async function closeMonth(
  databaseUrl: string,
  meanwhile: (gateway: Child, hasClosed: () => boolean) => Promise<void> = async () => {},
): Promise<Closed> {
  const gateway = await startGateway(databaseUrl);
  const start = performance.now();
  let isComplete = false;
  const beside = meanwhile(gateway, () => isComplete);
  const operator = new Evergate({ apiKey: operatorKey, baseUrl: gateway.origin });
  const { month } = findClosingMonth();
  while (!isComplete) {
    await delay(lookEveryMs);
    ({ isComplete } = await operator.settlements.getMonth(month));
    if (process.stdout.isTTY) await showProgress(operator, month);
  }
  const seconds = (performance.now() - start) / 1_000;
  await beside;
  const peakMib = readPeakMib(gateway.pid);
  await gateway.stop();
  return { seconds, peakMib };
}

async function showProgress(operator: Evergate, month: string): Promise<void> {
  const { partners } = await operator.settlements.getMonth(month);
  const { data } = await operator.settlements.list({ month, limit: 200 });
  const running = data.filter(({ phase }) => phase !== "completed");
  const shown = running
    .map(
      ({ phase, charges }) =>
        `${phase} ${charges.done.toLocaleString("en")} of ${charges.of.toLocaleString("en")}`,
    )
    .join(", ");
  process.stdout.write(
    `\r\u001b[2K  ${partners.settled} of ${partners.of} partners settled${shown === "" ? "" : `; ${shown}`}`.slice(
      0,
      150,
    ),
  );
  if (partners.settled === partners.of) process.stdout.write("\r\u001b[2K");
}

/** The most memory that the process has ever had at once (Linux only). */
function readPeakMib(pid: number): number {
  const kib = /VmHWM:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1];
  return Number(kib) / 1_024;
}
