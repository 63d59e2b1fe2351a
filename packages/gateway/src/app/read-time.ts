import {
  parseInstant,
  parseLocalDate,
  parseMonth,
  type Instant,
  type LocalDate,
  type Month,
} from "@evergate/core";
import { ProblemError } from "./problem.ts";

/** Reads an instant whose form the contract has checked. Throws `malformed_request` where it is none all the same. */
export function readInstant(text: string, pointer: string): Instant {
  const instant = parseInstant(text);
  if (instant === null)
    throw new ProblemError("malformed_request", `${pointer}: there is no instant ${text}.`, [
      { pointer, detail: "has to be an RFC 3339 instant; for example 2026-12-01T00:00:00Z" },
    ]);
  return instant;
}

/** Reads a day whose form the contract has checked. Throws `malformed_request` where the calendar has no such day. */
export function readLocalDate(text: string, pointer: string): LocalDate {
  const date = parseLocalDate(text);
  if (date === null)
    throw new ProblemError("malformed_request", `${pointer}: there is no day ${text}.`, [
      { pointer, detail: "has to be a day of the calendar; for example 2026-12-01" },
    ]);
  return date;
}

/** Reads a month whose form the contract has checked. */
export function readMonth(text: string, pointer: string): Month {
  const month = parseMonth(text);
  if (month === null)
    throw new ProblemError("malformed_request", `${pointer}: there is no month ${text}.`, [
      { pointer, detail: "has to be a month; for example 2026-12" },
    ]);
  return month;
}
