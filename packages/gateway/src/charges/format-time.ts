import { dayOf, startOfDay, toInstant, type Instant, type LocalDate } from "@evergate/core";

const months =
  "January February March April May June July August September October November December".split(
    " ",
  );

/** `1 December 2026`. */
export function formatDay(day: LocalDate): string {
  const [year = "", month = "", date = ""] = day.split("-");
  return `${Number(date)} ${months[Number(month) - 1]} ${Number(year)}`;
}

/** `December 2026`, of a month or of a day in it. */
export function formatMonth(month: string): string {
  return `${months[Number(month.slice(5, 7)) - 1]} ${Number(month.slice(0, 4))}`;
}

/** `10 December 2026, 09:30`, as clocks show it there. */
export function formatMoment(at: Instant, timeZone: string): string {
  const { hour, minute } = Temporal.Instant.fromEpochMilliseconds(at).toZonedDateTimeISO(timeZone);
  const time = [hour, minute].map((part) => String(part).padStart(2, "0")).join(":");
  return `${formatDay(dayOf(at, timeZone))}, ${time}`;
}

/** `1 to 9 December 2026` where both are in one month. */
export function formatDays(first: LocalDate, last: LocalDate): string {
  if (first === last) return formatDay(first);
  const [year, month] = [first.slice(0, 4), first.slice(0, 7)];
  if (month === last.slice(0, 7)) return `${Number(first.slice(8))} to ${formatDay(last)}`;
  if (year === last.slice(0, 4))
    return `${formatDay(first).replace(/ \d+$/, "")} to ${formatDay(last)}`;
  return `${formatDay(first)} to ${formatDay(last)}`;
}

/** From an instant until before another: in days where it begins and ends with one, else with the times. */
export function formatSpan(startsAt: Instant, endsAt: Instant, timeZone: string): string {
  if (startsAt === endsAt) return `For a moment on ${formatMoment(startsAt, timeZone)}`;
  const isMidnight = (at: Instant): boolean => startOfDay(dayOf(at, timeZone), timeZone) === at;
  if (!isMidnight(startsAt) || !isMidnight(endsAt))
    return `From ${formatMoment(startsAt, timeZone)} until ${formatMoment(endsAt, timeZone)}`;
  const first = dayOf(startsAt, timeZone);
  const last = dayOf(toInstant(endsAt - 1), timeZone);
  return first === last ? `On ${formatDay(first)}` : `From ${formatDays(first, last)}`;
}
