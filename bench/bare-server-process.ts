import { serve } from "@hono/node-server";
import { Hono } from "hono";

// The yardstick for reading: a route that answers the same JSON from memory, and does nothing else.
const json = process.env["BARE_JSON"] ?? "{}";
const app = new Hono();
app.get("/healthz", (c) => c.text("ok"));
app.get("/v1/subscriptions/:subscriptionId", (c) =>
  c.body(json, 200, { "content-type": "application/json" }),
);
serve({ fetch: app.fetch, port: Number(process.env["BARE_PORT"]), hostname: "127.0.0.1" });
