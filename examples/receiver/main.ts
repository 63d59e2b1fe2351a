/**
 * Plays what the receiver survives, against a real gateway: a network that loses, doubles and delays deliveries; and a
 * database that is put back to an earlier state. `npm run receiver` runs it.
 */
import { spawn, type ChildProcess } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { copyFileSync, mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { setTimeout as delay } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { createLog, readSettings, serve, type RunningServer } from "@evergate/gateway";
import { Evergate } from "@evergate/sdk";
import { startBadNetwork } from "./bad-network.ts";

const patienceMs = 60_000;
const operatorKey = `evg_operator_${randomBytes(24).toString("base64url")}`;

/** A port that is free now. */
async function findPort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  server.close();
  await once(server, "close");
  return typeof address === "object" && address !== null ? address.port : 0;
}

async function startGateway(folder: string): Promise<RunningServer> {
  const settings = readSettings({
    EVERGATE_DATABASE_URL: `file:${join(folder, "evergate.db")}`,
    EVERGATE_PORT: "0",
    EVERGATE_OPERATOR_KEY: operatorKey,
    EVERGATE_ALLOW_PRIVATE_WEBHOOKS: "true",
    EVERGATE_LOG_LEVEL: "error",
  });
  return serve({ settings, log: createLog(settings.logLevel), migrates: true });
}

/** A provider with a product to sell, in a sandbox. */
async function makeProvider(baseUrl: string): Promise<{ evergate: Evergate; apiKey: string }> {
  const operator = new Evergate({ apiKey: operatorKey, baseUrl });
  const product = await operator.products.create({
    code: "PROTECT",
    name: "Protection, User",
    unit: "user",
    minQuantity: 1,
    maxQuantity: 100,
  });
  await operator.prices.create({
    product: product.id,
    channel: "xsp",
    currency: "EUR",
    unitPrice: "2.00",
    validFrom: "2026-01-01",
  });
  const partner = await operator.partners.create({
    name: "Danube Telecom",
    type: "xsp",
    currency: "EUR",
    timeZone: "Europe/Bratislava",
    billingPeriod: "calendar_month",
    mode: "sandbox",
  });
  const apiKey = partner.apiKey.secret;
  return { evergate: new Evergate({ apiKey, baseUrl }), apiKey };
}

/** Subscribers come, change, pause and leave. */
async function live(evergate: Evergate, name: string): Promise<void> {
  for (let index = 1; index <= 4; index++) {
    const { id } = await evergate.subscriptions.create({
      customer: { externalId: `${name}-${index}`, name: `${name} ${index}` },
      product: "code:PROTECT",
      quantity: index,
      trial: "none",
    });
    await evergate.subscriptions.update(id, { quantity: index + 1 });
    await evergate.subscriptions.pause(id, { days: 30 });
    if (index % 2 === 0) await evergate.subscriptions.resume(id);
    if (index % 4 === 0) await evergate.subscriptions.cancel(id, { effective: "now" });
  }
}

interface Held {
  readonly ranges: string;
  readonly licences: string;
}

/** What the receiver's database holds. */
function readHeld(path: string): Held {
  const db = new DatabaseSync(path, { readOnly: true, timeout: patienceMs });
  try {
    return {
      ranges: String(db.prepare("SELECT ranges FROM received").get()?.["ranges"]),
      licences: db
        .prepare("SELECT subscription, status FROM licences ORDER BY subscription")
        .all()
        .map(({ subscription, status }) => `${String(subscription)} ${String(status)}`)
        .join("\n"),
    };
  } finally {
    db.close();
  }
}

/** What it should hold. */
async function readTruth(evergate: Evergate): Promise<string> {
  const lines: string[] = [];
  for await (const { id, status } of evergate.subscriptions.list()) lines.push(`${id} ${status}`);
  return lines.toSorted().join("\n");
}

function backUp(path: string): void {
  const db = new DatabaseSync(path, { readOnly: true, timeout: patienceMs });
  db.exec(`VACUUM INTO '${path}.backup'`);
  db.close();
}

function putBack(path: string): void {
  // What its killed process has left of a transaction belongs to the state that goes.
  rmSync(`${path}-journal`, { force: true });
  copyFileSync(`${path}.backup`, path);
}

async function until(isSo: () => Promise<boolean>, what: string): Promise<void> {
  const deadline = Date.now() + patienceMs;
  while (!(await isSo())) {
    if (Date.now() > deadline) throw new Error(`It did not come about: ${what}`);
    await delay(100);
  }
}

const folder = mkdtempSync(join(tmpdir(), "evergate-receiver-"));
const database = join(folder, "licences.db");
const children = new Set<ChildProcess>();
const gateway = await startGateway(folder);
const port = await findPort();
const network = await startBadNetwork(port);
try {
  const { evergate, apiKey } = await makeProvider(gateway.url);
  const { id: endpoint, secret } = await evergate.webhookEndpoints.create({
    url: network.url,
    eventTypes: ["*"],
  });
  const startReceiver = async (): Promise<void> => {
    const child = spawn(
      process.execPath,
      [fileURLToPath(new URL("receiver.ts", import.meta.url))],
      {
        env: {
          ...process.env,
          GATEWAY: gateway.url,
          KEY: apiKey,
          ENDPOINT: endpoint,
          SECRET: secret,
          PORT: String(port),
          // A minute is well in earnest; who watches has less patience.
          EVERY_MS: "1000",
          DATABASE: database,
        },
        stdio: "inherit",
      },
    );
    children.add(child);
    await once(child, "spawn");
  };
  const stopReceiver = async (): Promise<void> => {
    for (const child of children) {
      const exited = once(child, "exit");
      child.kill("SIGKILL");
      await exited;
      children.delete(child);
    }
  };
  /** Every number of the endpoint has come, and every licence is as the gateway has it. */
  const isComplete = async (): Promise<boolean> => {
    const { lastSequence } = await evergate.webhookEndpoints.reconcile(endpoint, { received: [] });
    const { ranges, licences } = readHeld(database);
    return ranges === `[[1,${lastSequence}]]` && licences === (await readTruth(evergate));
  };

  await startReceiver();
  await live(evergate, "Hotel");
  await until(async () => network.lost() >= 3, "the network loses something");
  backUp(database);
  await live(evergate, "Bakery");
  await until(isComplete, "the receiver has everything, in spite of the network");
  console.log(
    `${network.lost()} deliveries were lost, ${network.doubled()} came twice, ${network.late()} too late.`,
  );
  console.log(`The receiver has ${readHeld(database).ranges}, and every licence as it is.`);

  await stopReceiver();
  network.mend();
  putBack(database);
  console.log(`Its database is put back: it has ${readHeld(database).ranges}.`);
  await startReceiver();
  await until(isComplete, "the receiver has caught up with its backup");
  console.log(`The receiver has ${readHeld(database).ranges}, and every licence as it is.`);
  await stopReceiver();
} finally {
  for (const child of children) child.kill("SIGKILL");
  await network.close();
  await gateway.stop();
  rmSync(folder, { recursive: true, force: true });
}
