import { toInstant, type Instant } from "@evergate/core";
import { describe, expect, test } from "vitest";
import { createChance, type Chance } from "../../faults/random.ts";
import { toPartnerId } from "../../ids.ts";
import { isAstray, isDue } from "../../store/waits.ts";
import type { WaitingDelivery } from "../../store/webhook-windows.ts";
import { createStation, type Station } from "./station.ts";

const partner = toPartnerId("partner_01m88gt3nffqfterpqtaz6nre2");
const at = toInstant(Date.UTC(2026, 10, 24, 9));

/** Further than anything waits. */
const tenDays = 10 * 24 * 3_600_000;

interface Row {
  readonly sequence: number;
  readonly lane: string;
  isPending: boolean;
  attemptCount: number;
  nextAttemptAt: Instant;
}

/** A queue as the database has it, and what its reads answer. */
function makeQueue(lanes: readonly string[]) {
  const rows: Row[] = lanes.map((lane, index) => ({
    sequence: index + 1,
    lane,
    isPending: true,
    attemptCount: 0,
    nextAttemptAt: at,
  }));
  const pending = (): Row[] => rows.filter(({ isPending }) => isPending);
  const read = (row: Row): WaitingDelivery => ({
    ...row,
    partner,
    endpoint: "wh_1",
    event: `evt_${row.sequence}`,
    payload: "{}",
    body: null,
    head: pending().find(({ lane }) => lane === row.lane)?.sequence ?? 0,
  });
  return {
    rows,
    pending,
    listFresh: (after: number, upTo: number) =>
      pending()
        .filter((row) => row.attemptCount === 0 && row.sequence > after && row.sequence <= upTo)
        .map(read),
    listRetries: (limit: number, now: Instant) =>
      pending()
        .filter(({ attemptCount }) => attemptCount > 0)
        .toSorted(
          (a, b) =>
            Number(isAstray(b.nextAttemptAt, now)) - Number(isAstray(a.nextAttemptAt, now)) ||
            a.nextAttemptAt - b.nextAttemptAt ||
            a.sequence - b.sequence,
        )
        .slice(0, limit)
        .map(read),
    listLane: (lane: string, upTo: number, limit: number) =>
      pending()
        .filter((row) => row.lane === lane && row.sequence <= upTo)
        .slice(0, limit)
        .map(read),
  };
}

type Queue = ReturnType<typeof makeQueue>;

/** Reads on as the worker does, in small windows, so that their ends are met often. */
function readOn(station: Station, queue: Queue, now: Instant): void {
  const last = queue.rows.length;
  if (station.cursor < last && station.takesFresh && station.ready < 2) {
    const upTo = Math.min(station.cursor + 5, last);
    station.addFresh(queue.listFresh(station.cursor, upTo), upTo);
  }
  if (station.nextRetryAt !== null && isDue(station.nextRetryAt, now)) {
    const limit = 3 + station.size;
    station.addRetries(queue.listRetries(limit, now), limit, now);
  }
  for (const lane of station.openLanes)
    station.addLane(lane, queue.listLane(lane, station.cursor, 2), 2, now);
}

/** Delivers all there is, with failures, deliveries that are made pending again, and a clock that jumps, at random. */
function deliverAll(isStrict: boolean, chance: Chance): void {
  const queue = makeQueue(
    Array.from({ length: 60 }, () => `lane ${chance.between(1, chance.between(1, 12))}`),
  );
  const station = createStation(isStrict, 0, null);
  const flying: WaitingDelivery[] = [];
  let now = at;
  let [failures, replays, jumps] = [80, 6, 6];
  /** What was due by the clock before it jumped, and may have been read then. */
  const hasBeenDue = new Set<string>();
  const nameOf = ({ sequence, attemptCount }: Row | WaitingDelivery): string =>
    `${sequence} after ${attemptCount}`;
  const begin = (): void => {
    const delivery = station.take();
    if (delivery === undefined) return;
    const row = queue.rows[delivery.sequence - 1];
    const isFirst = !queue
      .pending()
      .some(
        ({ sequence, lane }) =>
          sequence < delivery.sequence && (isStrict || lane === delivery.lane),
      );
    const isItsTime =
      row?.isPending === true &&
      (isDue(delivery.nextAttemptAt, now) || hasBeenDue.has(nameOf(delivery)));
    const isFlying = flying.some(({ sequence }) => sequence === delivery.sequence);
    if (!isFirst || !isItsTime || isFlying || row.attemptCount !== delivery.attemptCount)
      throw new Error(`Seed ${chance.seed}: it is not the turn of ${JSON.stringify(delivery)}.`);
    flying.push(delivery);
  };
  const end = (): void => {
    const [delivery] = flying.splice(chance.between(0, flying.length - 1), 1);
    const row = queue.rows[(delivery?.sequence ?? 0) - 1];
    if (delivery === undefined || row === undefined) return;
    if (failures > 0 && chance.between(1, 3) === 1) {
      failures--;
      row.attemptCount++;
      row.nextAttemptAt = toInstant(now + chance.between(1, 20));
      station.postpone(delivery, row.nextAttemptAt, now);
    } else {
      row.isPending = false;
      station.settle(delivery);
    }
  };
  /** As a replay does it, and as the worker hears of it. */
  const replay = (): void => {
    replays--;
    for (const row of queue.rows)
      if (!row.isPending && chance.between(1, 4) === 1)
        Object.assign(row, { isPending: true, attemptCount: 0, nextAttemptAt: now });
    const fresh = queue.pending().find(({ attemptCount }) => attemptCount === 0);
    station.restart(
      (fresh?.sequence ?? queue.rows.length + 1) - 1,
      queue.listRetries(1, now)[0]?.nextAttemptAt ?? null,
    );
  };
  for (let step = 0; queue.pending().length > 0 || flying.length > 0; step++) {
    if (step > 20_000) throw new Error("It never comes to an end.");
    now = toInstant(now + chance.between(0, 2));
    if (jumps > 0 && chance.between(1, 40) === 1) {
      jumps--;
      for (const row of queue.pending())
        if (isDue(row.nextAttemptAt, now)) hasBeenDue.add(nameOf(row));
      now = toInstant(now + (chance.between(0, 1) === 0 ? -tenDays : tenDays));
    }
    readOn(station, queue, now);
    if (flying.length < 8 && chance.between(1, 2) === 1) begin();
    else if (flying.length > 0) end();
    if (!isStrict && replays > 0 && chance.between(1, 60) === 1) replay();
  }
  expect([station.size, station.inFlight, station.ready]).toEqual([0, 0, 0]);
}

describe("which delivery goes out next", () => {
  test.each([
    ["each lane's in order", false],
    ["all in one order", true],
  ])("%s, whatever fails and is replayed, and in the end everything", (_, isStrict) => {
    for (let seed = 1; seed <= 200; seed++) deliverAll(isStrict, createChance(seed));
  });

  test("first attempts go before retries, which keep one place of four", () => {
    const queue = makeQueue(Array.from({ length: 12 }, (_, index) => `lane ${index}`));
    for (const row of queue.rows.slice(0, 6)) row.attemptCount = 1;
    const station = createStation(false, 6, at);
    station.addFresh(queue.listFresh(6, 12), 12);
    station.addRetries(queue.listRetries(32, at), 32, at);
    const taken = Array.from({ length: 12 }, () => station.take()?.attemptCount);
    expect(taken).toEqual([0, 0, 0, 1, 0, 0, 0, 1, 1, 1, 1, 1]);
  });

  test("in one order, what is replayed while something later is under way is not forgotten when that fails", () => {
    const queue = makeQueue(["a", "b", "c"]);
    const [first, second] = [queue.rows[0]!, queue.rows[1]!];
    first.isPending = false;
    const station = createStation(true, 1, null);
    station.addFresh(queue.listFresh(1, 3), 3);
    const flying = station.take()!;
    expect(flying.sequence).toBe(2);
    first.isPending = true;
    station.restart(0, null);
    station.addFresh(queue.listFresh(0, 3), 3);
    Object.assign(second, { attemptCount: 1, nextAttemptAt: toInstant(at + 5) });
    station.postpone(flying, second.nextAttemptAt, at);
    const taken: number[] = [];
    while (taken.length < 3) {
      readOn(station, queue, second.nextAttemptAt);
      const delivery = station.take();
      if (delivery === undefined) break;
      taken.push(delivery.sequence);
      queue.rows[delivery.sequence - 1]!.isPending = false;
      station.settle(delivery);
    }
    expect(taken).toEqual([2, 1, 3]);
  });
});
