import { describe, expect, test } from "vitest";
import { toCustomerId, toPrepaidLicenceId } from "./ids.ts";
import {
  changePrepaidLicence,
  prepaidHeldUntil,
  registerPrepaidLicence,
  type PrepaidLicence,
} from "./prepaid.ts";
import { bratislava, day, local, productA } from "./testing/builders.ts";

const now = local("2026-11-24 10:00");

function span(startsOn: string, endsOn: string) {
  return { startsOn: day(startsOn), endsOn: day(endsOn) };
}

function register(startsOn: string, endsOn: string, at = now) {
  return registerPrepaidLicence(
    {
      id: toPrepaidLicenceId("prepaid_one"),
      externalId: null,
      customer: toCustomerId("cus_one"),
      product: productA,
      quantity: 10,
      ...span(startsOn, endsOn),
    },
    bratislava,
    at,
  );
}

function mustRegister(startsOn: string, endsOn: string, at = now): PrepaidLicence {
  const licence = register(startsOn, endsOn, at);
  if ("code" in licence) throw new Error(licence.code);
  return licence;
}

describe("R14 until when the product is held", () => {
  const heldUntil = (at: string, ...spans: readonly (readonly [string, string])[]) =>
    prepaidHeldUntil(
      spans.map(([startsOn, endsOn]) => span(startsOn, endsOn)),
      local(at),
      bratislava,
    );

  test("from the first day's midnight to that after the last day", () => {
    const licence = ["2026-12-01", "2026-12-31"] as const;
    expect(heldUntil("2026-11-30 23:59", licence)).toBeNull();
    expect(heldUntil("2026-12-01", licence)).toBe(local("2027-01-01"));
    expect(heldUntil("2026-12-31 23:59", licence)).toBe(local("2027-01-01"));
    expect(heldUntil("2027-01-01", licence)).toBeNull();
    expect(heldUntil("2026-12-01")).toBeNull();
  });

  test("licences that follow on or overlap hold as one, in whatever order they come", () => {
    expect(
      heldUntil(
        "2026-11-24",
        ["2027-02-01", "2027-03-31"],
        ["2026-12-20", "2027-01-31"],
        ["2026-11-01", "2026-12-25"],
        ["2026-11-01", "2026-11-30"],
      ),
    ).toBe(local("2027-04-01"));
  });

  test("a gap of a day ends it, and in the gap nothing is held", () => {
    const [one, other] = [
      ["2026-11-01", "2026-12-31"],
      ["2027-01-02", "2027-03-31"],
    ] as const;
    expect(heldUntil("2026-11-24", one, other)).toBe(local("2027-01-01"));
    expect(heldUntil("2027-01-01 12:00", one, other)).toBeNull();
    expect(heldUntil("2027-01-02", one, other)).toBe(local("2027-04-01"));
  });

  test("a short licence within a long one changes nothing", () => {
    expect(
      heldUntil("2026-11-24", ["2026-11-01", "2027-03-31"], ["2026-11-20", "2026-11-30"]),
    ).toBe(local("2027-04-01"));
  });
});

describe("registered", () => {
  test("it is announced 30 local days before its end", () => {
    expect(mustRegister("2026-11-24", "2027-04-14").noticeDueAt).toBe(local("2027-03-16"));
  });
  test("with fewer left, at once", () => {
    expect(mustRegister("2026-11-24", "2026-12-23").noticeDueAt).toBe(now);
    expect(mustRegister("2026-11-24", "2026-12-24").noticeDueAt).toBe(local("2026-11-25"));
    expect(mustRegister("2026-01-01", "2026-11-24").noticeDueAt).toBe(now);
  });
  test("prepaid_ends_before_start", () => {
    expect(register("2026-11-25", "2026-11-24")).toEqual({
      code: "prepaid_ends_before_start",
      startsOn: "2026-11-25",
    });
  });
  test("prepaid_ends_in_past, first of all: today is its last day at the earliest", () => {
    expect(register("2026-01-01", "2026-11-23")).toEqual({
      code: "prepaid_ends_in_past",
      today: "2026-11-24",
    });
    expect(register("2026-11-24", "2026-11-23")).toMatchObject({ code: "prepaid_ends_in_past" });
    expect(register("2026-01-01", "2026-11-24")).toMatchObject({ endsOn: "2026-11-24" });
  });
});

describe("changed", () => {
  const change = (licence: PrepaidLicence, endsOn: string, at: string) =>
    changePrepaidLicence(licence, { endsOn: day(endsOn) }, bratislava, local(at));

  test("an end that moves is announced anew, one that doesn't is not", () => {
    const licence = mustRegister("2026-11-24", "2027-03-31");
    const told = { ...licence, noticeDueAt: null };
    expect(change(told, "2027-03-31", "2027-03-10")).toEqual(told);
    expect(change(told, "2027-06-30", "2027-03-10")).toMatchObject({
      noticeDueAt: local("2027-06-01"),
    });
    expect(change(licence, "2027-01-15", "2026-12-20")).toMatchObject({
      noticeDueAt: local("2026-12-20"),
    });
  });

  test("prepaid_licence_ended once it has", () => {
    const licence = mustRegister("2026-11-24", "2027-03-31");
    expect(change(licence, "2027-06-30", "2027-03-31 23:59")).toMatchObject({
      endsOn: "2027-06-30",
    });
    expect(change(licence, "2027-06-30", "2027-04-01")).toEqual({
      code: "prepaid_licence_ended",
      endedAt: local("2027-04-01"),
    });
  });

  test("prepaid_ends_before_start and prepaid_ends_in_past", () => {
    const licence = mustRegister("2027-01-01", "2027-03-31");
    expect(change(licence, "2026-12-31", "2026-12-20")).toMatchObject({
      code: "prepaid_ends_before_start",
    });
    expect(change(licence, "2027-01-31", "2027-02-10")).toMatchObject({
      code: "prepaid_ends_in_past",
    });
  });
});
