import { serve } from "@hono/node-server";
import { toInstant } from "@evergate/core";
import pino from "pino";
import { createGateway } from "../create-gateway.ts";
import { migrate } from "../store/migrate.ts";
import { openStore } from "../store/open-store.ts";

// A gateway in a process of its own, to be killed. It differs from the real program in one thing: its clock can be
// shifted, so that months pass for live partners without anybody waiting for them.

const databaseUrl = process.env["EVERGATE_DATABASE_URL"];
const secretKey = process.env["EVERGATE_SECRET_KEY"];
if (databaseUrl === undefined || secretKey === undefined) throw new Error("EVERGATE_DATABASE_URL or EVERGATE_SECRET_KEY is missing.");
const offsetMs = Number(process.env["EVERGATE_FAULTS_CLOCK_OFFSET_MS"] ?? "0");
const store = openStore(databaseUrl, { poolSize: 10 });
await migrate(store);
const gateway = createGateway({
  store,
  log: pino({ level: process.env["EVERGATE_LOG_LEVEL"] ?? "warn" }, pino.destination({ dest: 2, sync: true })),
  secretKey,
  settings: { privateWebhooks: true },
  now: () => toInstant(Date.now() + offsetMs),
});
gateway.start();
serve({ fetch: gateway.app.fetch, port: 0, hostname: "127.0.0.1" }, ({ port }) => process.stdout.write(`listening on ${port}\n`));
