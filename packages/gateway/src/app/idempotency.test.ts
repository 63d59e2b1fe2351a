import { toInstant } from "@evergate/core";
import { describe, expect, test } from "vitest";
import { insertRows } from "../store/insert-rows.ts";
import { testStores } from "../testing/open-test-stores.ts";
import { forgetAnswers } from "./idempotency.ts";

describe.each(testStores)("kept answers on $name", (stores) => {
  test("old ones are forgotten so many at a time, the oldest first; the others stay", async () => {
    await using store = await openAnswers([30, 10, 50, 20, 40]);
    const forget = () => store.transaction((tx) => forgetAnswers(tx, toInstant(40), 2));
    const listAges = async (): Promise<readonly number[]> => {
      const rows = await store.reader
        .selectFrom("idempotency_keys")
        .select("created_at")
        .orderBy("created_at")
        .execute();
      return rows.map((row) => row.created_at);
    };
    expect(await forget()).toBe(2);
    expect(await listAges()).toEqual([30, 40, 50]);
    expect(await forget()).toBe(1);
    expect(await forget()).toBe(0);
    expect(await listAges()).toEqual([40, 50]);
  });

  async function openAnswers(ages: readonly number[]) {
    const store = await stores.open();
    await store.transaction((tx) =>
      insertRows(
        tx,
        "idempotency_keys",
        ages.map((created_at) => ({
          owner: "key_a",
          key: `order-${created_at}`,
          request_hash: "",
          status: 201,
          headers: "{}",
          body: "{}",
          created_at,
        })),
      ),
    );
    return Object.assign(store, { [Symbol.asyncDispose]: () => store.close() });
  }
});
