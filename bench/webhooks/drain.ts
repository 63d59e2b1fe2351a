import { setTimeout as delay } from "node:timers/promises";
import { startGateway } from "../child.ts";
import { openBareReader } from "./open-bare-reader.ts";
import type { Receiver } from "./receiver.ts";

const lookEveryMs = 10;

/**
 * Starts the real gateway on a database that has `count` deliveries to make, and waits until the success of the last one is recorded.
 * Answers deliveries a second; the clock runs from the arrival of the last one of the warm-up. Throws unless each has come exactly once.
 */
export async function drain(
  databaseUrl: string,
  receiver: Receiver,
  count: number,
  warmUp: number,
  nodeOptions: readonly string[] = [],
  env: Readonly<Record<string, string>> = {},
): Promise<number> {
  await receiver.forget();
  const gateway = await startGateway(databaseUrl, nodeOptions, {
    EVERGATE_ALLOW_PRIVATE_WEBHOOKS: "true",
    ...env,
  });
  await receiver.waitFor(count);
  const reader = await openBareReader(databaseUrl);
  while (
    (await reader.readNumber("select count(*) from webhook_deliveries where status = 'pending'")) >
    0
  )
    await delay(lookEveryMs);
  const endedAtMs = Number(process.hrtime.bigint()) / 1e6;
  await reader.close();
  const { arrivals, repeated } = await receiver.read();
  await gateway.stop();
  if (arrivals.length !== count || repeated > 0)
    throw new Error(`${arrivals.length} of ${count} have come, ${repeated} of them again.`);
  const begunAtMs = arrivals[warmUp - 1]?.[1] ?? Number.NaN;
  return (count - warmUp) / ((endedAtMs - begunAtMs) / 1_000);
}
