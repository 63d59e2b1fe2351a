import { extractText, getDocumentProxy } from "unpdf";
import { describe, expect, test } from "vitest";
import type { components } from "../generated/api.ts";
import { makeWorld, type World } from "../testing/api.ts";
import { testStores } from "../testing/open-test-stores.ts";
import { startTestGateway } from "../testing/start-test-gateway.ts";

type Schemas = components["schemas"];

const company = {
  legalName: "Danube Telecom GmbH",
  addressLines: ["Ringstraße 3"],
  postalCode: "1010",
  city: "Wien",
  country: "AT",
  vatId: "ATU13585627",
} as const;

async function readText(response: Response): Promise<string> {
  const file = new Uint8Array(await response.arrayBuffer());
  const { text } = await extractText(await getDocumentProxy(file), { mergePages: true });
  return text.replaceAll(/[\s\u00A0]+/g, " ");
}

async function get(world: World, path: string, accept: string): Promise<Response> {
  return world.gateway.fetch(
    new Request(`${world.gateway.baseUrl}${path}`, {
      headers: { authorization: `Bearer ${world.partner.apiKey.secret}`, accept },
    }),
  );
}

describe.each(testStores)("a bill to print, on $name", (stores) => {
  test("says who, what, when and how much, a section for each customer", async () => {
    const world = await makeWorld(await startTestGateway(stores), {
      type: "xsp",
      taxRate: "20",
      company,
    });
    await world.subscribe({
      customer: { name: "Ξενοδοχείο Ακρόπολις", externalId: "S-1" },
      externalId: "S-1/1",
      trial: { days: 14 },
    });
    await world.subscribe({ customer: { name: "上海饭店" }, quantity: 1500, trial: "none" });
    await world.subscribe({ customer: "ext:S-1", product: world.products.b.id, trial: "none" });
    await world.advanceTo("2027-01-15T09:00:00Z");
    const { data: bills } = await world.api.ask<Schemas["BillList"]>("GET", "/v1/bills");
    const [bill] = bills;
    if (bill === undefined) throw new Error("There is no bill.");

    const response = await get(world, `/v1/bills/${bill.id}`, "application/pdf");
    expect(response.headers.get("content-type")).toBe("application/pdf");
    expect(response.headers.get("content-disposition")).toBe(
      `attachment; filename=bill-${bill.number}.pdf`,
    );
    // Read before it is asked for again: of one partner one PDF is made at a time.
    const file = await response.clone().bytes();
    const again = await get(world, `/v1/bills/${bill.id}`, "application/pdf");
    expect(await again.bytes()).toEqual(file);
    const words = await readText(response);
    for (const part of [
      `Bill ${bill.number} December 2026 Test document of a sandbox: no bill to pay. From Carpathian Software a.s. Mlynské nivy 5`,
      "To Danube Telecom GmbH Ringstraße 3 1010 Wien Austria VAT id ATU13585627 Number",
      "Issued on 1 January 2027",
      "Customers 2 Lines 3 Total, EUR 3 654.58",
      "Ξενοδοχείο Ακρόπολις S-1",
      "Product A A · S-1/1 1–31 Dec 2026 24 of 31 days 10 users 2.00 15.48",
      "Product B B · sub_",
      "Subtotal, 2 lines 45.48",
      "上海饭店 cus_",
      "1–31 Dec 2026 1 500 users 2.00 3 000.00",
      "Subtotal, 1 line 3 000.00",
      "Net 3 045.48 Tax 20 % 609.10 Total, EUR 3 654.58 Bank account: SK31",
    ])
      expect(words).toContain(part);
    expect(bill).toMatchObject({ net: "3045.48", tax: "609.10", total: "3654.58" });
  });

  test("says that the recipient accounts for the tax", async () => {
    const world = await makeWorld(await startTestGateway(stores), {
      taxRate: "20",
      company,
      reverseCharge: true,
    });
    await world.subscribe();
    await world.advanceTo("2027-01-15T09:00:00Z");
    const { data: bills } = await world.api.ask<Schemas["BillList"]>("GET", "/v1/bills");
    const words = await readText(await get(world, `/v1/bills/${bills[0]?.id}`, "application/pdf"));
    expect(words).toContain(
      "Net 20.00 Tax (reverse charge) 0.00 Total, EUR 20.00 Reverse charge: the tax is to be accounted for by the recipient",
    );
  });

  test("as CSV it is its lines", async () => {
    const world = await makeWorld(await startTestGateway(stores));
    await world.subscribe();
    await world.advanceTo("2027-01-15T09:00:00Z");
    const { data: bills } = await world.api.ask<Schemas["BillList"]>("GET", "/v1/bills");
    const path = `/v1/bills/${bills[0]?.id}`;
    const whole = await (await get(world, path, "text/csv")).text();
    expect(whole.split("\r\n")).toHaveLength(3);
    expect(await (await get(world, `${path}/lines`, "text/csv")).text()).toBe(whole);
  });
});
