import { toInstant } from "@evergate/core";
import { pino } from "pino";
import { expect, onTestFinished, test } from "vitest";
import { toPartnerId } from "../../ids.ts";
import { createSealer } from "../../secrets/sealer.ts";
import { testStores } from "../../testing/open-test-stores.ts";
import { testSecretKey } from "../../testing/start-test-gateway.ts";
import type { FinishedAttempt } from "./record-finished.ts";
import { createThreadedRecorder } from "./threaded-recorder.ts";

function makeAttempt(number: number): FinishedAttempt {
  return {
    id: `attempt_${number}`,
    partner: toPartnerId("partner_01m88gt3nffqfterpqtaz6nre2"),
    endpoint: "wh_1",
    event: `evt_${number}`,
    sequence: number,
    number: 1,
    attemptedAt: toInstant(0),
    durationMs: 1,
    responseStatus: 204,
    responseExcerpt: null,
    address: null,
    error: null,
    next: { status: "delivered" },
  };
}

test("a thread that can't open its database keeps neither attempts from being recorded nor the gateway from ending", async () => {
  const store = await testStores.find(({ name }) => name === "sqlite")!.open();
  onTestFinished(() => store.close());
  const recorder = createThreadedRecorder(
    {
      store,
      sealer: createSealer(testSecretKey),
      log: pino({ level: "silent" }),
      now: () => toInstant(0),
    },
    { databaseUrl: "file:/nowhere/evergate.db", secretKey: testSecretKey, logLevel: "silent" },
  );
  for (let round = 0; round < 3; round++) {
    const stored = await Promise.all(
      Array.from({ length: 40 }, (_, index) => recorder.record(makeAttempt(40 * round + index))),
    );
    expect(stored).toEqual(Array.from({ length: 40 }, () => true));
  }
  recorder.hurry();
  await recorder.stop();
});
