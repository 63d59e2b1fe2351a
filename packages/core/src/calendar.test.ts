import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  addDays,
  addMonths,
  countDays,
  dayOf,
  daysInMonth,
  firstDayOf,
  formatInstant,
  isTimeZone,
  lastDayOf,
  monthOf,
  nextMonth,
  parseInstant,
  parseLocalDate,
  parseMonth,
  startOfDay,
  toInstant,
  type Instant,
  type LocalDate,
} from "./calendar.ts";
import { day } from "./testing/builders.ts";

const instant = (text: string): Instant => toInstant(Temporal.Instant.from(text).epochMilliseconds);
const start = (date: string, timeZone: string): string =>
  formatInstant(startOfDay(day(date), timeZone));

describe("R1 a day begins at local midnight", () => {
  test.each([
    ["2026-12-01", "Europe/Bratislava", "2026-11-30T23:00:00Z"],
    ["2026-07-01", "Europe/Bratislava", "2026-06-30T22:00:00Z"],
    ["2026-12-01", "Pacific/Kiritimati", "2026-11-30T10:00:00Z"],
    ["2026-12-01", "Asia/Kathmandu", "2026-11-30T18:15:00Z"],
  ])("%s in %s", (date, zone, expected) => {
    expect(start(date, zone)).toBe(expected);
  });

  test.each([
    ["2026-03-08", "America/Havana", "2026-03-08T05:00:00Z"],
    ["2014-05-16", "Africa/Cairo", "2014-05-15T22:00:00Z"],
    ["2023-10-01", "America/Asuncion", "2023-10-01T04:00:00Z"],
    ["2017-10-15", "America/Sao_Paulo", "2017-10-15T03:00:00Z"],
    ["2026-03-29", "Asia/Beirut", "2026-03-28T22:00:00Z"],
    ["2026-03-29", "Atlantic/Azores", "2026-03-29T01:00:00Z"],
  ])("also where midnight does not exist: %s in %s", (date, zone, expected) => {
    expect(start(date, zone)).toBe(expected);
  });

  test("the first midnight counts where there are two", () => {
    // St John's turned its clocks back from 00:01 to 23:01.
    expect(start("2010-11-07", "America/St_Johns")).toBe("2010-11-07T02:30:00Z");
    expect(dayOf(instant("2010-11-07T02:45:00Z"), "America/St_Johns")).toBe("2010-11-07");
    expect(dayOf(instant("2010-11-07T02:29:59.999Z"), "America/St_Johns")).toBe("2010-11-06");
  });

  test("a day that was skipped begins and ends with the next one", () => {
    expect(start("2011-12-30", "Pacific/Apia")).toBe("2011-12-30T10:00:00Z");
    expect(start("2011-12-31", "Pacific/Apia")).toBe("2011-12-30T10:00:00Z");
    expect(dayOf(instant("2011-12-30T10:00:00Z"), "Pacific/Apia")).toBe("2011-12-31");
    expect(dayOf(instant("2011-12-30T09:59:59.999Z"), "Pacific/Apia")).toBe("2011-12-29");
  });
});

const zones = [
  "Europe/Bratislava",
  "America/Havana",
  "Africa/Cairo",
  "America/Asuncion",
  "America/St_Johns",
  "Asia/Beirut",
  "Pacific/Apia",
  "Pacific/Kiritimati",
  "Atlantic/Azores",
  "Asia/Gaza",
  "America/Sao_Paulo",
  "Australia/Lord_Howe",
  "Asia/Kathmandu",
  "Asia/Tehran",
  "America/Godthab",
  "Africa/Casablanca",
  "Pacific/Kwajalein",
  "Antarctica/Troll",
  "UTC",
];
const anyZone = fc.constantFrom(...zones);
const anyDay = fc
  .integer({ min: 0, max: 54_000 })
  .map((count) => addDays(day("1900-01-01"), count));

test("R1 the start of a day is the first instant at which its date, or a later one, is on the wall", () => {
  const wall = (at: number, zone: string): string =>
    Temporal.Instant.fromEpochMilliseconds(at).toZonedDateTimeISO(zone).toPlainDate().toString();
  fc.assert(
    fc.property(anyDay, anyZone, (date, zone) => {
      const startsAt = startOfDay(date, zone);
      expect(wall(startsAt, zone) >= date).toBe(true);
      for (let before = 1; before < 36 * 3_600_000; before += 900_000) {
        expect(wall(startsAt - before, zone) < date).toBe(true);
      }
    }),
    { numRuns: 100 },
  );
});

test("R1 every instant lies in exactly one day, and days never go back", () => {
  fc.assert(
    fc.property(
      anyDay,
      anyZone,
      fc.integer({ min: 0, max: 86_400_000 }),
      fc.nat(7_200_000),
      (date, zone, ms, later) => {
        const at = toInstant(
          Temporal.PlainDate.from(date).toZonedDateTime("UTC").epochMilliseconds + ms,
        );
        const today = dayOf(at, zone);
        expect(startOfDay(today, zone) <= at && at < startOfDay(addDays(today, 1), zone)).toBe(
          true,
        );
        expect(dayOf(toInstant(at + later), zone) >= today).toBe(true);
      },
    ),
  );
});

test("a full memory of midnights forgets, but never errs", () => {
  const first = startOfDay(day("2000-01-01"), "Europe/Bratislava");
  for (let count = 0; count < 10_000; count += 1)
    startOfDay(addDays(day("2000-01-01"), count), "Europe/Bratislava");
  expect(startOfDay(day("2000-01-01"), "Europe/Bratislava")).toBe(first);
});

describe("dates are counted as dates", () => {
  test("days and months agree with Temporal", () => {
    fc.assert(
      fc.property(anyDay, fc.integer({ min: -5_000, max: 5_000 }), (date, count) => {
        const expected = Temporal.PlainDate.from(date).add({ days: count });
        const later: LocalDate = addDays(date, count);
        expect(later).toBe(expected.toString());
        expect(countDays(date, later)).toBe(count);
        expect(daysInMonth(monthOf(later))).toBe(expected.daysInMonth);
        expect(lastDayOf(monthOf(later))).toBe(
          expected.with({ day: expected.daysInMonth }).toString(),
        );
        expect(addMonths(monthOf(date), count % 100)).toBe(
          Temporal.PlainDate.from(date)
            .toPlainYearMonth()
            .add({ months: count % 100 })
            .toString(),
        );
      }),
    );
  });

  test("a year's end", () => {
    const december = monthOf(day("2026-12-31"));
    expect(nextMonth(december)).toBe("2027-01");
    expect(firstDayOf(nextMonth(december))).toBe("2027-01-01");
  });

  test("a century is a leap year only every 400 years", () => {
    expect(lastDayOf(monthOf(day("2000-02-01")))).toBe("2000-02-29");
    expect(lastDayOf(monthOf(day("1900-02-01")))).toBe("1900-02-28");
  });

  test("a year of five digits is refused, since dates would not compare any more", () => {
    expect(() => addDays(day("9899-12-31"), 37_000)).toThrow(RangeError);
  });
});

test("an instant is written with three digits of milliseconds, or with none", () => {
  const written = [0, 5, 340, 500, 999].map((ms) => formatInstant(toInstant(ms)).slice(17));
  expect(written).toEqual(["00Z", "00.005Z", "00.340Z", "00.500Z", "00.999Z"]);
});

test("instants are written as Temporal writes them", () => {
  const from = instant("0001-01-01T00:00:00Z");
  fc.assert(
    fc.property(fc.integer({ min: from, max: instant("9899-12-31T00:00:00Z") }), (ms) => {
      const whole = Math.floor(ms / 1_000) * 1_000;
      const written = Temporal.Instant.fromEpochMilliseconds(whole).toString();
      expect(formatInstant(toInstant(whole))).toBe(written);
    }),
  );
});

describe("what is read", () => {
  test.each([
    "2026-02-29",
    "2026-13-01",
    "2026-00-10",
    "2026-01-00",
    "2026-1-1",
    "20260101",
    "2026-01-01T00:00Z",
    "",
  ])("%j is no day", (text) => {
    expect(parseLocalDate(text)).toBeNull();
  });

  test("days, months and instants", () => {
    expect(parseLocalDate("2028-02-29")).toBe("2028-02-29");
    expect(parseMonth("2026-12")).toBe("2026-12");
    expect(parseMonth("2026-13")).toBeNull();
    expect(parseInstant("2026-12-01T00:00:00Z")).toBe(1_796_083_200_000);
    expect(parseInstant("2026-12-01T01:00:00+01:00")).toBe(1_796_083_200_000);
    expect(parseInstant("2026-12-01")).toBeNull();
    expect(() => toInstant(0.5)).toThrow(RangeError);
  });

  test("nothing so late that what follows from it could not be written", () => {
    expect(parseInstant("9899-12-31T23:59:59Z")).not.toBeNull();
    expect(parseInstant("9900-01-01T00:00:00Z")).toBeNull();
    expect(parseLocalDate("9899-12-31")).toBe("9899-12-31");
    expect(parseLocalDate("9999-12-31")).toBeNull();
    expect(parseMonth("0000-01")).toBeNull();
  });

  test("time zones are names, never offsets", () => {
    for (const name of [...zones, "Etc/GMT+5"]) expect(isTimeZone(name)).toBe(true);
    for (const name of [
      "+01:00",
      "Z",
      "",
      "Europe/Nowhere",
      "2026-01-01T00:00[Europe/Bratislava]",
    ]) {
      expect(isTimeZone(name)).toBe(false);
    }
  });
});
