import { pino } from "pino";
import { expect, onTestFinished, test } from "vitest";
import { until } from "../testing/open-delivery-bench.ts";
import { testStores } from "../testing/open-test-stores.ts";
import { startWritingThread } from "./writing-thread.ts";

const program = `
  import { parentPort } from "node:worker_threads";
  parentPort.postMessage({ kind: "take" });
  throw new Error("It failed while it waited for its turn.");`;

test("a thread that fails while it waits for its turn to write keeps nobody else from writing", async () => {
  const store = await testStores.find(({ name }) => name === "sqlite")!.open();
  onTestFinished(() => store.close());
  const { promise: isOver, resolve: end } = Promise.withResolvers<void>();
  const lent = store.lendWriting!(() => isOver);
  let failures = 0;
  const thread = startWritingThread(store, pino({ level: "silent" }), {
    name: "a thread that fails",
    entry: new URL(`data:text/javascript,${encodeURIComponent(program)}`),
    data: { databaseUrl: "", secretKey: "", logLevel: "silent" },
    hear: () => {},
    failed: () => failures++,
  });
  onTestFinished(() => thread.stop());
  // The first one is gone, and what it asked for waits.
  await until(() => failures === 1);
  end();
  await lent;
  const wrote = store.transaction(async (tx) => tx.selectFrom("partners").select("id").execute());
  await expect(
    Promise.race([wrote, new Promise((resolve) => setTimeout(resolve, 3_000, "nobody writes"))]),
  ).resolves.toEqual([]);
});
