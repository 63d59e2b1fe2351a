import type { LocalDate, Month } from "@evergate/core";
import { expect, test } from "vitest";
import { countUnits, describeDay, describeMonth, describePeriod, groupDigits } from "./words.ts";

test.each([
  ["2026-12-01", "2026-12-31", "1–31 Dec 2026"],
  ["2026-12-31", "2026-12-31", "31 Dec 2026"],
  ["2027-03-31", "2027-04-29", "31 Mar – 29 Apr 2027"],
  ["2026-12-20", "2027-01-18", "20 Dec 2026 – 18 Jan 2027"],
])("the period from %s to %s is %s", (startsOn, endsOn, words) => {
  expect(describePeriod({ startsOn: startsOn as LocalDate, endsOn: endsOn as LocalDate })).toBe(
    words,
  );
});

test("a day and a month in words", () => {
  expect(describeDay("2027-01-01" as LocalDate)).toBe("1 January 2027");
  expect(describeMonth("2026-12" as Month)).toBe("December 2026");
});

test.each([
  ["0.00", "0.00"],
  ["999", "999"],
  ["1000", "1 000"],
  ["-1234567.8901", "-1 234 567.8901"],
  ["1234567.890", "1 234 567.890"],
])("the digits of %s are grouped as %s", (amount, grouped) => {
  expect(groupDigits(amount)).toBe(grouped.replaceAll(" ", "\u00A0"));
});

test.each([
  [1, "user", "1 user"],
  [25, "user", "25 users"],
  [2, "mailbox", "2 mailboxes"],
  [1, "cpu", "1 CPU"],
  [1200, "cpu", "1\u00A0200 CPUs"],
])("%i of %s is %s", (quantity, unit, words) => {
  expect(countUnits(quantity, unit)).toBe(words);
});
