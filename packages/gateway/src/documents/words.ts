import type { LocalDate, Month } from "@evergate/core";

const months = [
  "January",
  "February",
  "March",
  "April",
  "May",
  "June",
  "July",
  "August",
  "September",
  "October",
  "November",
  "December",
] as const;

/** "December 2026". */
export function describeMonth(month: Month): string {
  const { year, month: number } = Temporal.PlainYearMonth.from(month);
  return `${monthName(number)} ${year}`;
}

/** "1 January 2027". */
export function describeDay(day: LocalDate): string {
  const { year, month, day: number } = Temporal.PlainDate.from(day);
  return `${number} ${monthName(month)} ${year}`;
}

/** "1–31 Dec 2026", "31 Mar – 29 Apr 2027", "20 Dec 2026 – 18 Jan 2027". */
export function describePeriod({
  startsOn,
  endsOn,
}: {
  readonly startsOn: LocalDate;
  readonly endsOn: LocalDate;
}): string {
  const start = Temporal.PlainDate.from(startsOn);
  const end = Temporal.PlainDate.from(endsOn);
  const toEnd = `${end.day} ${monthName(end.month).slice(0, 3)} ${end.year}`;
  if (start.year === end.year && start.month === end.month)
    return start.day === end.day ? toEnd : `${start.day}–${toEnd}`;
  const fromStart = `${start.day} ${monthName(start.month).slice(0, 3)}`;
  return start.year === end.year
    ? `${fromStart} – ${toEnd}`
    : `${fromStart} ${start.year} – ${toEnd}`;
}

/** "1 234 567.89", with blanks that don't break (ISO 80000-1): a comma would be read as the decimal sign in half of Europe. */
export function groupDigits(amount: string): string {
  return amount.replaceAll(/\B(?<!\.\d*)(?=(\d{3})+(?!\d))/g, "\u00A0");
}

/** A text without the characters that turn round what is around it: in a name they could turn the figures that follow it. */
export function withoutDirections(text: string): string {
  return text.replaceAll(/[\u202A-\u202E\u2066-\u2069]/g, "");
}

/** "1 user", "25 users". */
export function countUnits(quantity: number, unit: string): string {
  const name = unit === "cpu" ? "CPU" : unit;
  if (quantity === 1) return `1 ${name}`;
  return `${groupDigits(String(quantity))} ${name}${name.endsWith("x") ? "es" : "s"}`;
}

function monthName(number: number): string {
  return months[number - 1] ?? "";
}
