import { describe, expect, test } from "vitest";
import { readSettings, SettingError } from "../settings.ts";
import { companyVariables } from "./company-settings.ts";

const full = {
  EVERGATE_COMPANY_NAME: " Carpathian Software a.s. ",
  EVERGATE_COMPANY_ADDRESS: "Mlynské nivy 5 | 821 09 Bratislava",
  EVERGATE_COMPANY_COUNTRY: "SK",
  EVERGATE_COMPANY_VAT_ID: "SK 202 010 2030",
  EVERGATE_COMPANY_REGISTRATION: "35 757 442",
  EVERGATE_COMPANY_EMAIL: "billing@carpathian.example",
  EVERGATE_COMPANY_BANK: "SK31 1200 0000 1987 4263 7541",
};

describe("the operator's company in the settings", () => {
  test("is none where no variable is set, an empty one included", () => {
    expect(readSettings({}).company).toBeNull();
    expect(readSettings({ EVERGATE_COMPANY_NAME: " " }).company).toBeNull();
  });

  test("is read as it stands on bills", () => {
    expect(readSettings(full).company).toEqual({
      name: "Carpathian Software a.s.",
      addressLines: ["Mlynské nivy 5", "821 09 Bratislava"],
      postalCode: null,
      city: null,
      country: "SK",
      vatId: "SK2020102030",
      registrationNumber: "35 757 442",
      email: "billing@carpathian.example",
      bankAccount: "SK31 1200 0000 1987 4263 7541",
    });
    expect(readSettings(full).unknownVariables).toEqual([]);
  });

  test("does with name, address and country, and with nothing less", () => {
    const { EVERGATE_COMPANY_NAME, EVERGATE_COMPANY_ADDRESS, EVERGATE_COMPANY_COUNTRY } = full;
    const least = { EVERGATE_COMPANY_NAME, EVERGATE_COMPANY_ADDRESS, EVERGATE_COMPANY_COUNTRY };
    expect(readSettings(least).company).toMatchObject({ vatId: null, bankAccount: null });
    for (const name of companyVariables.slice(0, 3))
      expect(() => readSettings({ ...full, [name]: "" })).toThrow(`${name} is needed`);
  });

  test.each([
    ["EVERGATE_COMPANY_NAME", "N".repeat(201)],
    ["EVERGATE_COMPANY_NAME", "Two\nlines"],
    ["EVERGATE_COMPANY_ADDRESS", "1|2|3|4|5|6|7"],
    ["EVERGATE_COMPANY_ADDRESS", "|"],
    ["EVERGATE_COMPANY_ADDRESS", "S".repeat(101)],
    ["EVERGATE_COMPANY_COUNTRY", "sk"],
    ["EVERGATE_COMPANY_COUNTRY", "XX"],
    ["EVERGATE_COMPANY_VAT_ID", "SK12"],
    ["EVERGATE_COMPANY_EMAIL", "nobody"],
    ["EVERGATE_COMPANY_BANK", "B".repeat(201)],
  ])("%s can't be %o", (name, value) => {
    expect(() => readSettings({ ...full, [name]: value })).toThrow(SettingError);
    expect(() => readSettings({ ...full, [name]: value })).toThrow(name);
  });
});
