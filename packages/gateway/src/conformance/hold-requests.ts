import { sql } from "kysely";
import type { Store } from "../store/store.ts";

/** Makes every request with an `Idempotency-Key` stand where it looks for an earlier answer. Answers how to let them go. */
export async function holdRequests(store: Store): Promise<() => Promise<void>> {
  const gate = Promise.withResolvers<void>();
  const held = Promise.withResolvers<void>();
  const holding = store.transaction(async (tx) => {
    // On SQLite this transaction alone keeps all others waiting.
    if (store.dialect === "postgres")
      await sql`lock table idempotency_keys in access exclusive mode`.execute(tx);
    held.resolve();
    await gate.promise;
  });
  await held.promise;
  return async () => {
    gate.resolve();
    await holding;
  };
}
