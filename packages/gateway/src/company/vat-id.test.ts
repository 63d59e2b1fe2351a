import { describe, expect, test } from "vitest";
import { parseVatId } from "./vat-id.ts";

describe("the form of a VAT id", () => {
  // One of each issuer, as their authorities write them.
  test.each([
    ["ATU13585627", "AT"],
    ["BE0428759497", "BE"],
    ["BE1009410110", "BE"],
    ["BG175074752", "BG"],
    ["CHE116281710MWST", "CH"],
    ["CY10259033P", "CY"],
    ["CZ27082440", "CZ"],
    ["DE136695976", "DE"],
    ["DK13585628", "DK"],
    ["EE100931558", "EE"],
    ["EL094259216", "GR"],
    ["ESB58378431", "ES"],
    ["FI20774740", "FI"],
    ["FR40303265045", "FR"],
    ["FRK7399859412", "FR"],
    ["GB980780684", "GB"],
    ["XI110305878", "GB"],
    ["HR33392005961", "HR"],
    ["HU12892312", "HU"],
    ["IE6433435F", "IE"],
    ["IE3628739UA", "IE"],
    ["IT00743110157", "IT"],
    ["LT119511515", "LT"],
    ["LT100001919017", "LT"],
    ["LU15027442", "LU"],
    ["LV40003521600", "LV"],
    ["MT11679112", "MT"],
    ["NL004495445B01", "NL"],
    ["PL8567346215", "PL"],
    ["PT501964843", "PT"],
    ["RO18547290", "RO"],
    ["SE556188840401", "SE"],
    ["SI50223054", "SI"],
    ["SK2022749619", "SK"],
  ])("%s is one of %s", (id, country) => {
    expect(parseVatId(id, country)).toEqual({ id, country });
    expect(parseVatId(id.slice(0, 3), country)).toBeNull();
    expect(parseVatId(`${id}000000`, country)).toBeNull();
  });

  test("is read as people write it", () => {
    expect(parseVatId("sk 202 274 9619", "SK")?.id).toBe("SK2022749619");
    expect(parseVatId("CHE-116.281.710 MWST", "CH")?.id).toBe("CHE116281710MWST");
    expect(parseVatId("BE 0428.759.497", "BE")?.id).toBe("BE0428759497");
  });

  test("a company can have one of another country", () => {
    expect(parseVatId("DE136695976", "SK")?.country).toBe("DE");
    expect(parseVatId("DE136695976", "US")?.country).toBe("DE");
  });

  test("needs its prefix where the country has one", () => {
    expect(parseVatId("2022749619", "SK")).toBeNull();
    expect(parseVatId("GR094259216", "GR")).toBeNull();
    expect(parseVatId("DE12345", "DE")).toBeNull();
  });

  test("of other countries is letters and digits, whatever they begin with", () => {
    expect(parseVatId("27AAPFU0939F1ZV", "IN")).toEqual({ id: "27AAPFU0939F1ZV", country: "IN" });
    expect(parseVatId("DEE561231GR8", "MX")).toEqual({ id: "DEE561231GR8", country: "MX" });
    expect(parseVatId("NO 995 525 828 MVA", "NO")?.id).toBe("NO995525828MVA");
    expect(parseVatId("?", "NO")).toBeNull();
    expect(parseVatId("1", "NO")).toBeNull();
    expect(parseVatId("1".repeat(21), "NO")).toBeNull();
  });
});
