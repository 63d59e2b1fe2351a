/** Where the sandbox's time starts and ends: four months, and the last week of November before them. */
export const beginsAt = "2026-11-24T09:00:00Z";
export const endsOn = "2027-04-01";

/** The partners' time zone. Summer time begins in it on 28 March 2027. */
export const timeZone = "Europe/Bratislava";

/** The instant at which a clock on the wall shows this: `2026-12-10T10:00`, or a day for its first moment. */
export function toInstant(localTime: string): Temporal.Instant {
  return Temporal.PlainDateTime.from(localTime).toZonedDateTime(timeZone).toInstant();
}

/** The local day on which an instant lies. */
export function toDay(instant: Temporal.Instant | string): Temporal.PlainDate {
  return Temporal.Instant.from(instant).toZonedDateTimeISO(timeZone).toPlainDate();
}

/** A day as people write it in short: `24 Nov`. */
export function formatDay(day: Temporal.PlainDate): string {
  return day.toLocaleString("en-GB", { day: "numeric", month: "short" });
}

/** The first moment of the next local day. */
export function findNextMidnight(instant: Temporal.Instant): Temporal.Instant {
  return toInstant(toDay(instant).add({ days: 1 }).toString());
}

/** The first moments of all months that begin after the demo's start, up to and including its end. */
export function listMonthBeginnings(): readonly Temporal.Instant[] {
  const beginnings: Temporal.Instant[] = [];
  const end = Temporal.PlainDate.from(endsOn);
  let day = toDay(beginsAt).with({ day: 1 });
  while (Temporal.PlainDate.compare(day, end) < 0) {
    day = day.add({ months: 1 });
    beginnings.push(toInstant(day.toString()));
  }
  return beginnings;
}
