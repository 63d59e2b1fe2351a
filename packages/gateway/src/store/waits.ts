/**
 * What endpoints and deliveries wait for. A clock can be wrong for a while, and what it wrote meanwhile must not be
 * waited for once it is right: instants that can't have been meant count as reached, wherever it is decided.
 */
import { toInstant, type Instant } from "@evergate/core";
import { sql, type RawBuilder } from "kysely";

/** Later than any clock: an endpoint that rests until then rests until somebody wakes it. */
export const never: Instant = toInstant(8_640_000_000_000_000);

/** Nothing waits longer: the last retry comes after a day and a fifth, and rests and probes last a day at most. */
const longestWaitMs = 48 * 3_600_000;

/** The latest instant that anything can wait for now. */
export function latestWait(now: Instant): Instant {
  return toInstant(now + longestWaitMs);
}

/** It was set by a clock that was ahead, or ours has gone back since. */
export function isAstray(at: Instant, now: Instant): boolean {
  return at > latestWait(now) && at !== never;
}

export function isDue(at: Instant, now: Instant): boolean {
  return at <= now || isAstray(at, now);
}

/** The instant itself, where it can have been meant; else now. */
export function waitUntil(at: Instant, now: Instant): Instant {
  return isAstray(at, now) ? now : at;
}

/** The same of a rest, which is over where a clock that was wrong began it. */
export function restUntil(at: Instant | null, now: Instant): Instant | null {
  return at === null || isAstray(at, now) ? null : at;
}

/** When the first of some is due that wait until `first` to `last`: of those that are astray one is the last. */
export function firstDue(first: number | null, last: number | null, now: Instant): Instant | null {
  if (first === null || last === null) return null;
  return isAstray(toInstant(last), now) ? now : toInstant(first);
}

/** {@link isAstray} in a statement: a range of the column's index. */
export function isAstraySql(column: string, now: Instant): RawBuilder<boolean> {
  return sql`(${sql.ref(column)} > ${latestWait(now)} and ${sql.ref(column)} < ${never})`;
}

/** {@link isDue} in a statement. */
export function isDueSql(column: string, now: Instant): RawBuilder<boolean> {
  return sql`(${sql.ref(column)} <= ${now} or ${isAstraySql(column, now)})`;
}
