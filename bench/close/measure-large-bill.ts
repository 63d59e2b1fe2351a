import { Evergate } from "@evergate/sdk";
import { closeMonth } from "./close-month.ts";
import { findClosingMonth } from "./month.ts";
import { populate } from "./populate.ts";
import { operatorKey } from "../child.ts";

const lines = 100_000;

/** Makes one bill of 100,000 lines and reads it in every form that streams. */
export async function measureLargeBill(databaseUrl: string): Promise<void> {
  const [partner] = await populate(databaseUrl, lines, 1);
  if (partner === undefined) throw new Error("There is no partner.");
  let issuedMs = 0;
  const { seconds, peakMib } = await closeMonth(databaseUrl, async (gateway, hasClosed) => {
    const { month } = findClosingMonth();
    const operator = new Evergate({ apiKey: operatorKey, baseUrl: gateway.origin });
    let chargedAt = 0;
    while (!hasClosed()) {
      const [run] = (await operator.settlements.list({ month, limit: 1 })).data;
      if (chargedAt === 0 && run !== undefined && run.phase !== "charging")
        chargedAt = performance.now();
      if (run?.phase === "completed") break;
    }
    issuedMs = performance.now() - chargedAt;
    const client = new Evergate({ apiKey: partner.apiKey, baseUrl: gateway.origin });
    const [bill] = (await client.bills.list({ month })).data;
    if (bill === undefined) throw new Error("There is no bill.");
    const pagesMs = await time(async () => {
      let count = 0;
      for await (const line of client.bills.listLines(bill.id, { limit: 200 }))
        count += line.bill === bill.id ? 1 : 0;
      if (count !== bill.lineCount) throw new Error(`${count} of ${bill.lineCount} lines.`);
    });
    let bytes = 0;
    const csvMs = await time(async () => {
      const reply = await fetch(`${gateway.origin}/v1/bills/${bill.id}/lines`, {
        headers: { authorization: `Bearer ${partner.apiKey}`, accept: "text/csv" },
      });
      for await (const chunk of reply.body ?? []) bytes += (chunk as Uint8Array).byteLength;
      if (!reply.ok) throw new Error(`The CSV answered ${reply.status}.`);
    });
    console.log(
      `  from its charges to the bill ${toSeconds(issuedMs)}   all lines by pages of 200 ${toSeconds(pagesMs)}   CSV (${(bytes / 2 ** 20).toFixed(1)} MiB) ${toSeconds(csvMs)}`,
    );
  });
  console.log(
    `  the month's end, charges included ${seconds.toFixed(1)} s   peak ${peakMib.toFixed(0)} MiB   (under 10 s from charges to the last line is wanted)`,
  );
}

async function time(work: () => Promise<void>): Promise<number> {
  const start = performance.now();
  await work();
  return performance.now() - start;
}

function toSeconds(ms: number): string {
  return `${(ms / 1_000).toFixed(1)} s`;
}
