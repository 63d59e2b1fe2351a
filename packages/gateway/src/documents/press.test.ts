import { expect, test } from "vitest";
import { createPress } from "./press.ts";

const size = { atOnce: 2, waiting: 3, waitingOfOne: 2 };

/** Asks for a place, and notes when it is there. */
function openShop(limits = size) {
  const press = createPress(limits);
  const begun: string[] = [];
  const enter = async (owner: string, name: string): Promise<() => void> => {
    const leave = await press.enter(owner);
    begun.push(name);
    return leave;
  };
  return { begun, enter };
}

const turn = (): Promise<void> => new Promise((resolve) => void setImmediate(resolve));

test("two are made at once, the third when one of them is done", async () => {
  const { begun, enter } = openShop();
  const leave = await enter("a", "a1");
  await enter("b", "b1");
  void enter("c", "c1");
  await turn();
  expect(begun).toEqual(["a1", "b1"]);
  leave();
  leave();
  void enter("d", "d1");
  await turn();
  expect(begun).toEqual(["a1", "b1", "c1"]);
});

test("an owner's second waits for its first, and lets others by", async () => {
  const { begun, enter } = openShop();
  const leave = await enter("a", "a1");
  const second = enter("a", "a2");
  const leaveOther = await enter("b", "b1");
  void enter("c", "c1");
  leaveOther();
  await turn();
  expect(begun).toEqual(["a1", "b1", "c1"]);
  leave();
  (await second)();
  expect(begun).toEqual(["a1", "b1", "c1", "a2"]);
});

test("what would wait beyond the queue's bound, or one owner's part of it, is refused for now", async () => {
  const { begun, enter } = openShop();
  const refusal = { code: "unavailable", retryAfterSeconds: 5 };
  const leave = await enter("a", "a1");
  const waiting = [enter("a", "a2"), enter("a", "a3")];
  await expect(enter("a", "a4")).rejects.toMatchObject(refusal);
  await enter("b", "b1");
  waiting.push(enter("b", "b2"));
  await expect(enter("c", "c1")).rejects.toMatchObject(refusal);
  leave();
  await waiting[0];
  void enter("c", "c2");
  await turn();
  expect(begun).toEqual(["a1", "b1", "a2"]);
});
