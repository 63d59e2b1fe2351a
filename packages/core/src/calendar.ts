import type { Brand } from "./brand.ts";

/** Milliseconds since 1970, UTC (R1). */
export type Instant = Brand<number, "Instant">;
/** A day as `YYYY-MM-DD`, with a year of four digits, so that `<` compares days. */
export type LocalDate = Brand<string, "LocalDate">;
/** A month as `YYYY-MM`, likewise. */
export type Month = Brand<string, "Month">;

const msPerDay = 86_400_000;

/** An instant of `epochMs` whole milliseconds. Throws a RangeError for anything else. */
export function toInstant(epochMs: number): Instant {
  if (!Number.isSafeInteger(epochMs)) throw new RangeError(`not an instant: ${epochMs}`);
  return epochMs as Instant;
}

// What is read lies in these years. The last century is left free for what is computed from it, so that no input,
// however late, can lead to a date that can't be written.
const firstYear = 1;
const lastYear = 9899;

/**
 * Reads an RFC 3339 instant such as `2026-12-01T00:00:00Z`, from the year 1 to 9899; null if it is none.
 * Parts of a millisecond are dropped.
 */
export function parseInstant(text: string): Instant | null {
  try {
    const instant = Temporal.Instant.from(text);
    const { year } = instant.toZonedDateTimeISO("UTC");
    return isYear(year) ? toInstant(instant.epochMilliseconds) : null;
  } catch {
    return null;
  }
}

/** Writes an instant as `2026-12-01T00:00:00Z`, with milliseconds where there are any. */
export function formatInstant(instant: Instant): string {
  // By hand, as every answer and event has several: Temporal takes five times as long for it.
  const dayNumber = Math.floor(instant / msPerDay);
  const ms = instant - dayNumber * msPerDay;
  const fraction = ms % 1_000 === 0 ? "" : `.${String(ms % 1_000).padStart(3, "0")}`;
  const [hours, minutes, seconds] = [
    Math.floor(ms / 3_600_000),
    Math.floor(ms / 60_000) % 60,
    Math.floor(ms / 1_000) % 60,
  ].map(formatTwoDigits);
  return `${fromDayNumber(dayNumber)}T${hours}:${minutes}:${seconds}${fraction}Z`;
}

/** Reads a day `YYYY-MM-DD` that exists, from the year 1 to 9899; null otherwise. */
export function parseLocalDate(text: string): LocalDate | null {
  if (!/^\d{4}-\d{2}-\d{2}$/.test(text)) return null;
  const month = parseMonth(text.slice(0, 7));
  const day = Number(text.slice(8));
  return month !== null && day >= 1 && day <= daysInMonth(month) ? (text as LocalDate) : null;
}

/** Reads a month `YYYY-MM`, from the year 1 to 9899; null if it is none. */
export function parseMonth(text: string): Month | null {
  if (!/^\d{4}-(0[1-9]|1[0-2])$/.test(text)) return null;
  return isYear(Number(text.slice(0, 4))) ? (text as Month) : null;
}

function isYear(year: number): boolean {
  return year >= firstYear && year <= lastYear;
}

/** True for the IANA name of a time zone. Offsets are none: they know nothing of daylight saving. */
export function isTimeZone(name: string): boolean {
  // Temporal would read a zone out of a whole timestamp, too.
  if (!/^[A-Za-z][\w+-]*(\/[\w+-]+)*$/.test(name)) return false;
  try {
    Temporal.Instant.fromEpochMilliseconds(0).toZonedDateTimeISO(name);
    return true;
  } catch {
    return false;
  }
}

// Closing a month asks for the same few midnights a million times. Bounded, since dates come from requests:
// a full cache is emptied, which costs less than to know which entry is the oldest.
const maxDaysPerZone = 4_096;
const maxZones = 1_024;
const startsByZone = new Map<string, Map<LocalDate, Instant>>();

/**
 * The first instant of a local day (R1), also where midnight does not exist there.
 * A day that was skipped altogether (Samoa, 30 Dec 2011) begins together with the next one.
 */
export function startOfDay(date: LocalDate, timeZone: string): Instant {
  let starts = startsByZone.get(timeZone);
  if (starts === undefined) {
    if (startsByZone.size >= maxZones) startsByZone.clear();
    starts = new Map();
    startsByZone.set(timeZone, starts);
  }
  const known = starts.get(date);
  if (known !== undefined) return known;
  if (starts.size >= maxDaysPerZone) starts.clear();
  const start = toInstant(
    Temporal.PlainDate.from(date).toZonedDateTime(timeZone).epochMilliseconds,
  );
  starts.set(date, start);
  return start;
}

/**
 * The local day of an instant: the latest one that has begun (R1).
 * Days therefore never go back, even where clocks are set back across midnight.
 */
export function dayOf(instant: Instant, timeZone: string): LocalDate {
  // No zone is further than a day from UTC, so that a step or two find the day.
  let day = fromDayNumber(Math.floor(instant / msPerDay));
  while (startOfDay(day, timeZone) > instant) day = addDays(day, -1);
  for (;;) {
    const next = addDays(day, 1);
    if (startOfDay(next, timeZone) > instant) return day;
    day = next;
  }
}

export function monthOf(date: LocalDate): Month {
  return date.slice(0, 7) as Month;
}

export function firstDayOf(month: Month): LocalDate {
  return `${month}-01` as LocalDate;
}

export function lastDayOf(month: Month): LocalDate {
  return `${month}-${daysInMonth(month)}` as LocalDate;
}

export function nextMonth(month: Month): Month {
  return addMonths(month, 1);
}

/** The month `count` months later, or earlier if negative. */
export function addMonths(month: Month, count: number): Month {
  const months = Number(month.slice(0, 4)) * 12 + Number(month.slice(5, 7)) - 1 + count;
  return `${formatYear(Math.floor(months / 12))}-${formatTwoDigits((months % 12) + 1)}` as Month;
}

export function daysInMonth(month: Month): number {
  const year = Number(month.slice(0, 4));
  const isLeapYear = year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0);
  switch (Number(month.slice(5, 7))) {
    case 2:
      return isLeapYear ? 29 : 28;
    case 4:
    case 6:
    case 9:
    case 11:
      return 30;
    default:
      return 31;
  }
}

/** The day `count` days later, or earlier if negative: dates are counted as dates, whatever the clocks do. */
export function addDays(date: LocalDate, count: number): LocalDate {
  // Most steps stay in their month.
  const day = Number(date.slice(8, 10)) + count;
  if (day >= 1 && day <= 28) return (date.slice(0, 8) + formatTwoDigits(day)) as LocalDate;
  return fromDayNumber(toDayNumber(date) + count);
}

/** The number of days from `from` to `to`: 0 for the same day. */
export function countDays(from: LocalDate, to: LocalDate): number {
  return toDayNumber(to) - toDayNumber(from);
}

// Days since 1970-01-01 and back, by Howard Hinnant's days_from_civil and civil_from_days
// (https://howardhinnant.github.io/date_algorithms.html): years run from March, so that a leap day is the last one.
function toDayNumber(date: LocalDate): number {
  const month = Number(date.slice(5, 7));
  const year = Number(date.slice(0, 4)) - (month <= 2 ? 1 : 0);
  const era = Math.floor(year / 400);
  const yearOfEra = year - era * 400;
  const dayOfYear = Math.floor((153 * ((month + 9) % 12) + 2) / 5) + Number(date.slice(8, 10)) - 1;
  const dayOfEra =
    yearOfEra * 365 + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100) + dayOfYear;
  return era * 146_097 + dayOfEra - 719_468;
}

function fromDayNumber(dayNumber: number): LocalDate {
  const shifted = dayNumber + 719_468;
  const era = Math.floor(shifted / 146_097);
  const dayOfEra = shifted - era * 146_097;
  const yearOfEra = Math.floor(
    (dayOfEra -
      Math.floor(dayOfEra / 1_460) +
      Math.floor(dayOfEra / 36_524) -
      Math.floor(dayOfEra / 146_096)) /
      365,
  );
  const dayOfYear =
    dayOfEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100));
  const shiftedMonth = Math.floor((5 * dayOfYear + 2) / 153);
  const day = dayOfYear - Math.floor((153 * shiftedMonth + 2) / 5) + 1;
  const month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9;
  const year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0);
  return `${formatYear(year)}-${formatTwoDigits(month)}-${formatTwoDigits(day)}` as LocalDate;
}

function formatYear(year: number): string {
  // A fifth digit would break the order of dates.
  if (!(year >= 0 && year <= 9999)) throw new RangeError(`year out of range: ${year}`);
  return String(year).padStart(4, "0");
}

function formatTwoDigits(value: number): string {
  return value < 10 ? `0${value}` : String(value);
}
