import { toInstant } from "@evergate/core";
import { describe, expect, test } from "vitest";
import type { components } from "../generated/api.ts";
import { makeWorld, type World } from "../testing/api.ts";
import { testStores } from "../testing/open-test-stores.ts";
import { startTestGateway, testCompany } from "../testing/start-test-gateway.ts";

type Schemas = components["schemas"];

const company = {
  legalName: "Elbe Systemhaus GmbH",
  addressLines: ["Budapester Straße 12"],
  postalCode: "01069",
  city: "Dresden",
  country: "DE",
  vatId: "de 136 695 976",
  registrationNumber: "HRB 1234",
  email: "rechnung@elbe.example",
} as const;
const kept = { ...company, vatId: "DE136695976" };

const readBill = async ({ api }: World, month: string): Promise<Schemas["Bill"]> => {
  const { data } = await api.ask<Schemas["BillList"]>("GET", `/v1/bills?month=${month}`);
  const [bill] = data;
  if (bill === undefined) throw new Error(`There is no bill of ${month}.`);
  return bill;
};
const patch = (
  { operator, partner }: World,
  body: object,
): Promise<{ status: number; body: Partial<Schemas["Problem"]> }> =>
  operator.call("PATCH", `/v1/partners/${partner.id}`, body);

describe.each(testStores)("companies and tax on $name", (stores) => {
  test("a bill bears both companies as they were when it was made, and stays so (R23)", async () => {
    const world = await makeWorld(await startTestGateway(stores), { company, taxRate: "19" });
    expect(world.partner.company).toEqual(kept);
    await world.subscribe();
    await world.advanceTo("2027-01-15T00:00:00Z");
    const { legalName, ...rest } = kept;
    const first = await readBill(world, "2026-12");
    expect(first).toMatchObject({
      supplier: testCompany,
      recipient: { name: legalName, ...rest, bankAccount: null },
      net: "20.00",
      taxRate: "19",
      tax: "3.80",
      total: "23.80",
      reverseCharge: false,
    });
    expect((await patch(world, { company: { ...company, city: "Leipzig" } })).status).toBe(200);
    await world.advanceTo("2027-02-01T00:00:00Z");
    expect((await readBill(world, "2027-01")).recipient.city).toBe("Leipzig");
    expect(await readBill(world, "2026-12")).toEqual(first);
    // The event holds the bill as it is answered, and who changed the company is on record (R26).
    const { data } = await world.api.ask<Schemas["EventList"]>(
      "GET",
      "/v1/events?type=bill.issued",
    );
    expect(data[0]?.data).toMatchObject(first);
    const record = await world.operator.ask<Schemas["AuditEntryList"]>(
      "GET",
      `/v1/audit-log?subject=${world.partner.id}`,
    );
    expect(record.data[0]).toMatchObject({
      action: "updatePartner",
      before: { company: { city: "Dresden" } },
      after: { company: { city: "Leipzig" } },
    });
  });

  test("a partner without a company stands on bills by its name", async () => {
    const world = await makeWorld(await startTestGateway(stores));
    await world.subscribe();
    await world.advanceTo("2027-01-15T00:00:00Z");
    const nothing = {
      addressLines: [],
      postalCode: null,
      city: null,
      country: null,
      vatId: null,
      registrationNumber: null,
      email: null,
      bankAccount: null,
    };
    expect((await readBill(world, "2026-12")).recipient).toEqual({
      name: "Danube Telecom",
      ...nothing,
    });
    await patch(world, { name: "Dunaj Telekom" });
    await world.advanceTo("2027-02-15T00:00:00Z");
    expect((await readBill(world, "2027-01")).recipient.name).toBe("Dunaj Telekom");
    expect((await readBill(world, "2026-12")).recipient.name).toBe("Danube Telecom");
  });

  test("under reverse charge a bill has no tax and says so, the upcoming one as well", async () => {
    const world = await makeWorld(await startTestGateway(stores), {
      company,
      taxRate: "19",
      reverseCharge: true,
    });
    expect(world.partner).toMatchObject({ taxRate: "19", reverseCharge: true });
    await world.subscribe();
    await world.advanceTo("2026-12-15T00:00:00Z");
    const figures = {
      net: "20.00",
      taxRate: "0",
      tax: "0.00",
      total: "20.00",
      reverseCharge: true,
    };
    expect(await world.api.ask("GET", "/v1/bills/upcoming")).toMatchObject(figures);
    await world.advanceTo("2027-01-15T00:00:00Z");
    expect(await readBill(world, "2026-12")).toMatchObject({
      ...figures,
      supplier: { vatId: "SK2020102030" },
      recipient: { vatId: "DE136695976" },
    });
    // Taken back, the rate agreed counts again.
    await patch(world, { reverseCharge: false });
    expect(await world.api.ask("GET", "/v1/bills/upcoming")).toMatchObject({
      taxRate: "19",
      tax: "3.80",
      reverseCharge: false,
    });
  });

  test.each([
    { name: "without a company", input: { company: null } },
    { name: "without a VAT id", input: { company: { ...company, vatId: null } } },
    {
      name: "with a VAT id of the operator's country",
      input: { company: { ...company, vatId: "SK2022749619" } },
    },
  ])("reverse charge is refused $name", async ({ input }) => {
    const world = await makeWorld(await startTestGateway(stores), { company });
    const refused = await patch(world, { ...input, reverseCharge: true });
    expect([refused.status, refused.body.code]).toEqual([422, "reverse_charge_not_allowed"]);
    expect(await world.operator.ask("GET", `/v1/partners/${world.partner.id}`)).toMatchObject({
      company: kept,
      reverseCharge: false,
    });
    // Nor can the VAT id be taken away from under it.
    expect((await patch(world, { reverseCharge: true })).status).toBe(200);
    expect((await patch(world, input)).body.code).toBe("reverse_charge_not_allowed");
  });

  test("reverse charge is refused while the operator's own VAT id is not known", async () => {
    const gateway = await startTestGateway(stores);
    await gateway.store.transaction((tx) => tx.deleteFrom("operator_company").execute());
    const world = await makeWorld(gateway, { company });
    expect((await patch(world, { reverseCharge: true })).body).toMatchObject({
      code: "reverse_charge_not_allowed",
      detail: expect.stringContaining("EVERGATE_COMPANY_"),
    });
    await world.subscribe();
    await world.advanceTo("2027-01-15T00:00:00Z");
    expect((await readBill(world, "2026-12")).supplier).toBeNull();
  });

  test("a VAT id without the form of its country is refused, with both named", async () => {
    const world = await makeWorld(await startTestGateway(stores));
    const refused = await patch(world, { company: { ...company, vatId: "DE12" } });
    expect(refused.body).toMatchObject({
      code: "vat_id_malformed",
      detail: expect.stringMatching(/DE12 .* DE/),
    });
  });

  test.each([{ company }, { name: "Another" }, { reverseCharge: false }, { taxRate: "10" }])(
    "between a month's end and its settlement %o waits (R3)",
    async (body) => {
      const gateway = await startTestGateway(stores);
      const world = await makeWorld(gateway, { mode: "live" });
      await world.subscribe();
      gateway.setNow(toInstant(Date.UTC(2026, 11, 1)));
      const refused = await patch(world, body);
      expect([refused.status, refused.body.code]).toEqual([503, "unavailable"]);
      expect((await patch(world, { metadata: { a: "b" } })).status).toBe(200);
    },
  );

  test.each([
    // 3 × 123.5 = 370.5; 10 % of 371 is 37.1.
    { currency: "JPY", unitPrice: "123.5", rate: "10", net: "371", tax: "37", total: "408" },
    // 3 × 1.115 = 3.345; 20 % of 3.35 is 0.67.
    { currency: "EUR", unitPrice: "1.115", rate: "20", net: "3.35", tax: "0.67", total: "4.02" },
    // 3 × 1.2345 = 3.7035; 5 % of 3.704 is 0.1852.
    { currency: "KWD", unitPrice: "1.2345", rate: "5", net: "3.704", tax: "0.185", total: "3.889" },
  ])("a bill in $currency is rounded to its own places (R21)", async (given) => {
    const { currency, unitPrice, rate, net, tax, total } = given;
    const world = await makeWorld(await startTestGateway(stores), { currency, taxRate: rate });
    const { id: product } = await world.operator.ask<Schemas["Product"]>("POST", "/v1/products", {
      code: "OWN",
      name: "Priced for this",
      unit: "user",
      minQuantity: 1,
      maxQuantity: 10,
    });
    await world.operator.ask("POST", "/v1/prices", {
      product,
      channel: "reseller",
      currency,
      unitPrice,
      validFrom: "2026-01-01",
    });
    await world.subscribe({ product, quantity: 3 });
    await world.advanceTo("2027-01-15T00:00:00Z");
    expect(await readBill(world, "2026-12")).toMatchObject({ currency, net, tax, total });
  });
});
