import { toInstant } from "@evergate/core";
import { pino } from "pino";
import { expect, onTestFinished, test } from "vitest";
import { toPartnerId } from "../../ids.ts";
import { testStores } from "../../testing/open-test-stores.ts";
import { startRecorderThread } from "./start-recorder-thread.ts";

test("a thread that can't open its database doesn't keep the gateway from ending", async () => {
  const store = await testStores.find(({ name }) => name === "sqlite")!.open();
  onTestFinished(() => store.close());
  const recorder = startRecorderThread(
    { store, log: pino({ level: "silent" }) },
    { databaseUrl: "file:/nowhere/evergate.db", secretKey: "", logLevel: "silent" },
  );
  const stored = recorder.record({
    id: "attempt_1",
    partner: toPartnerId("partner_01m88gt3nffqfterpqtaz6nre2"),
    endpoint: "wh_1",
    event: "evt_1",
    sequence: 1,
    number: 1,
    attemptedAt: toInstant(0),
    durationMs: 1,
    responseStatus: 204,
    responseExcerpt: null,
    address: null,
    error: null,
    next: { status: "delivered" },
  });
  recorder.hurry();
  await expect(stored).resolves.toBe(false);
  await recorder.stop();
});
