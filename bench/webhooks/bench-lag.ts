import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { Evergate } from "@evergate/sdk";
import { Pool } from "undici";
import { operatorKey, startGateway } from "../child.ts";
import type { Databases } from "../close/databases.ts";
import { quantile } from "../measure.ts";
import type { Receiver } from "./receiver.ts";
import { readWatched, watchOptions } from "./watch-database.ts";

const rounds = Number(process.env["BENCH_LAG_ROUNDS"] ?? 2);
const seconds = Number(process.env["BENCH_LAG_SECONDS"] ?? 25);
/** The first seconds don't count: everything is compiled, and the sick ones' places are taken. */
const warmUpSeconds = 5;
const eventsPerSecond = 200;
/** Two endpoints each. */
const partnerCount = 100;
const endpointCount = 2 * partnerCount;
/** Every partner has as many. */
const commands = Math.ceil((eventsPerSecond * seconds) / partnerCount) * partnerCount;
/** After the last command. */
const longestWaitMs = 60_000;
/** Until what goes to the database is written down. */
const watchDelayMs = 1_000;

type Health = "ok" | "hang" | "fail";

/** One in ten hangs, one in ten answers 500; each of them beside a healthy one of the same partner. */
function healthOf(endpoint: number): Health {
  return endpoint % 10 === 0 ? "hang" : endpoint % 10 === 5 ? "fail" : "ok";
}

/** Of a partner's two endpoints. */
function countHealthy(partner: number): number {
  return [2 * partner, 2 * partner + 1].filter((endpoint) => healthOf(endpoint) === "ok").length;
}

interface Caller {
  readonly key: string;
  readonly subscription: string;
}

/** From the commit of an event's transaction to the first byte at a healthy endpoint, alone and beside sick ones. */
export async function benchLag(
  databases: Databases,
  receiver: Receiver,
  directory: string,
): Promise<void> {
  console.log(
    `\nFrom commit to first byte on ${databases.name}: ${eventsPerSecond} events a second of ${partnerCount} partners, ${seconds} s`,
  );
  const lags: Record<"alone" | "among", number[]> = { alone: [], among: [] };
  for (let round = 1; round <= rounds; round++) {
    for (const company of ["alone", "among"] as const) {
      const url = await databases.create(`lag_${company}_${round}`);
      const watchFile = join(directory, `lag-${databases.name}-${company}-${round}`);
      lags[company].push(...(await measureLag(url, receiver, company === "among", watchFile)));
      await databases.drop(url);
    }
  }
  const p99 = {
    alone: print("healthy ones alone", lags.alone),
    among: print("beside the sick", lags.among),
  };
  console.log(
    `  (${endpointCount} endpoints, 10 % hang for 15 s, 10 % answer 500): p99 ${(p99.among / p99.alone).toFixed(2)} times what it is alone (at most 2 is wanted)`,
  );
}

function print(name: string, lags: readonly number[]): number {
  const sorted = lags.toSorted((one, other) => one - other);
  const of = (share: number): string => quantile(sorted, share).toFixed(1).padStart(7);
  console.log(
    `  ${name.padEnd(18)} p50 ${of(0.5)} ms   p99 ${of(0.99)} ms   worst ${of(1)} ms   (${lags.length} deliveries)`,
  );
  return quantile(sorted, 0.99);
}

async function measureLag(
  databaseUrl: string,
  receiver: Receiver,
  withSick: boolean,
  watchFile: string,
): Promise<readonly number[]> {
  const gateway = await startGateway(databaseUrl, watchOptions, {
    EVERGATE_ALLOW_PRIVATE_WEBHOOKS: "true",
    BENCH_WATCH_FILE: watchFile,
  });
  const callers = await prepareCallers(gateway.origin, receiver.origin, withSick);
  await receiver.forget();
  const begunAtMs = Number(process.hrtime.bigint()) / 1e6;
  await command(gateway.origin, callers);
  const expected = callers.reduce(
    (count, _, index) => count + countHealthy(index) * (commands / callers.length),
    0,
  );
  const isLate = await Promise.race([
    receiver.waitFor(expected).then(() => false),
    delay(longestWaitMs, true, { ref: false }),
  ]);
  const { arrivals } = await receiver.read();
  if (isLate) throw new Error(`${arrivals.length} of ${expected} deliveries have come.`);
  await delay(watchDelayMs);
  await gateway.stop("SIGKILL");
  const { commits } = readWatched(watchFile);
  return arrivals.flatMap(([key, atMs]) => {
    const committedAtMs = commits.get(key.slice(key.indexOf(" ") + 1));
    if (committedAtMs === undefined || committedAtMs < begunAtMs + warmUpSeconds * 1_000) return [];
    return [atMs - committedAtMs];
  });
}

async function prepareCallers(
  gatewayOrigin: string,
  receiverOrigin: string,
  withSick: boolean,
): Promise<readonly Caller[]> {
  const operator = new Evergate({ apiKey: operatorKey, baseUrl: gatewayOrigin });
  const product = await operator.products.create({
    code: "BENCH",
    name: "Bench",
    unit: "user",
    minQuantity: 1,
    maxQuantity: 10_000,
  });
  await operator.prices.create({
    product: product.id,
    channel: "reseller",
    currency: "EUR",
    unitPrice: "2.00",
    validFrom: "2020-01-01",
  });
  const callers: Caller[] = [];
  for (let number = 0; number < partnerCount; number++) {
    const partner = await operator.partners.create({
      name: `Partner ${number}`,
      type: "reseller",
      currency: "EUR",
      timeZone: "Europe/Bratislava",
      billingPeriod: "calendar_month",
      mode: "live",
    });
    const key = partner.apiKey.secret;
    const client = new Evergate({ apiKey: key, baseUrl: gatewayOrigin });
    const subscription = await client.subscriptions.create({
      customer: { name: "Hotel Carpathia" },
      product: product.id,
      quantity: 10,
    });
    for (const endpoint of [2 * number, 2 * number + 1]) {
      const health = healthOf(endpoint);
      if (health === "ok" || withSick)
        await client.webhookEndpoints.create({
          url: `${receiverOrigin}/${health}/${endpoint}`,
          eventTypes: ["subscription.updated"],
        });
    }
    callers.push({ key, subscription: subscription.id });
  }
  return callers;
}

/** Changes a subscription so many times a second, each partner's in turn, whether or not the one before is answered. */
async function command(origin: string, callers: readonly Caller[]): Promise<void> {
  const pool = new Pool(origin, { connections: 32 });
  const underWay: Promise<void>[] = [];
  const start = performance.now();
  for (let number = 0; number < commands; number++) {
    const waitMs = start + (number * 1_000) / eventsPerSecond - performance.now();
    if (waitMs > 1) await delay(waitMs);
    const caller = callers[number % callers.length];
    if (caller !== undefined) underWay.push(change(pool, caller, number));
  }
  await Promise.all(underWay);
  await pool.close();
}

async function change(pool: Pool, { key, subscription }: Caller, number: number): Promise<void> {
  const reply = await pool.request({
    method: "PATCH",
    path: `/v1/subscriptions/${subscription}`,
    headers: { authorization: `Bearer ${key}`, "content-type": "application/json" },
    body: JSON.stringify({ metadata: { change: String(number) } }),
  });
  const text = await reply.body.text();
  if (reply.statusCode !== 200) throw new Error(`${reply.statusCode}: ${text}`);
}
