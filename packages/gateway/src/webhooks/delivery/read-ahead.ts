import type { Instant } from "@evergate/core";
import type { Store } from "../../store/store.ts";
import {
  findFresh,
  listFresh,
  listLane,
  listRetries,
  type Range,
} from "../../store/webhook-windows.ts";
import { nextRange, toKey, toName, wantsRetries, type Served } from "./served-endpoint.ts";

/** So many lanes' and endpoints' next deliveries are read in a turn, one statement each. */
const readsPerTurn = 32;
const retriesAtOnce = 32;
const laneAtOnce = 16;

/** So many endpoints' windows share a statement. */
const windowsAtOnce = 64;

type Reading = Pick<Store, "reader" | "dialect">;

/** Reads on in the queues that run low, and answers whether there is more to read. */
export type ReadAhead = (endpoints: readonly Served[], now: Instant) => Promise<boolean>;

/** What is read at once is bounded; whoever had to wait for it comes first the next time. */
export function createReadAhead(store: Reading): ReadAhead {
  let first = 0;
  return async (endpoints, now) => {
    const from = first % Math.max(endpoints.length, 1);
    const inTurn = [...endpoints.slice(from), ...endpoints.slice(0, from)];
    const hasMore = await readAhead(store, inTurn, now);
    if (hasMore) first = from + readsPerTurn;
    return hasMore;
  };
}

async function readAhead(
  store: Reading,
  endpoints: readonly Served[],
  now: Instant,
): Promise<boolean> {
  const ranges = new Map<Range, Served>();
  let reads = 0;
  for (const endpoint of endpoints) {
    const range = nextRange(endpoint, now);
    if (range !== null && ranges.size < windowsAtOnce)
      ranges.set({ ...toKey(endpoint), ...range }, endpoint);
    if (wantsRetries(endpoint, now) && ++reads <= readsPerTurn)
      await readRetries(store, endpoint, now);
    for (const lane of endpoint.station.openLanes) {
      if (++reads > readsPerTurn) break;
      await readLane(store, endpoint, lane, now);
    }
  }
  if (ranges.size > 0) await readFresh(store, ranges);
  return ranges.size === windowsAtOnce || reads > readsPerTurn;
}

async function readFresh(
  { reader, dialect }: Reading,
  ranges: ReadonlyMap<Range, Served>,
): Promise<void> {
  const rows = Map.groupBy(await listFresh(reader, dialect, [...ranges.keys()]), toName);
  for (const [range, { station }] of ranges) {
    const found = rows.get(toName(range)) ?? [];
    let { upTo } = range;
    // A long stretch of what is finished is skipped in one step.
    if (found.length === 0)
      upTo = Math.max(upTo, ((await findFresh(reader, range, upTo)) ?? upTo + 1) - 1);
    station.addFresh(found, upTo);
  }
}

async function readRetries({ reader }: Reading, served: Served, now: Instant): Promise<void> {
  const limit = retriesAtOnce + served.station.size;
  const rows = await listRetries(reader, toKey(served), limit, now);
  served.station.addRetries(rows, limit, now);
}

async function readLane(
  { reader }: Reading,
  served: Served,
  lane: string,
  now: Instant,
): Promise<void> {
  const { station } = served;
  const rows = await listLane(reader, toKey(served), lane, station.cursor, laneAtOnce);
  station.addLane(lane, rows, laneAtOnce, now);
}
