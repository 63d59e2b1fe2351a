import { extractText, getDocumentProxy } from "unpdf";
import { describe, expect, test } from "vitest";
import type { components } from "../generated/api.ts";
import { makeWorld, type World } from "../testing/api.ts";
import { testStores } from "../testing/open-test-stores.ts";
import { startTestGateway } from "../testing/start-test-gateway.ts";

type Schemas = components["schemas"];

async function get(world: World, path: string, accept: string): Promise<Response> {
  return world.gateway.fetch(
    new Request(`${world.gateway.baseUrl}${path}`, {
      headers: { authorization: `Bearer ${world.partner.apiKey.secret}`, accept },
    }),
  );
}

describe.each(testStores)("credit notes as documents on $name", (stores) => {
  /** 20.00 for one customer, of which 5.00 are credited, and then the rest, with 30.00 of another. */
  async function open(): Promise<{
    world: World;
    bill: string;
    part: Schemas["CreditNote"];
    rest: Schemas["CreditNote"];
    charges: readonly Schemas["Charge"][];
  }> {
    const world = await makeWorld(await startTestGateway(stores), { taxRate: "20" });
    await world.subscribe({
      customer: { name: "Ξενοδοχείο Ακρόπολις", externalId: "S-1" },
      externalId: "S-1/1",
      product: "code:B",
    });
    await world.subscribe({ customer: { name: "Hotel, Carpathia" } });
    await world.advanceTo("2027-01-15T09:00:00Z");
    const { data: charges } = await world.api.ask<Schemas["ChargeList"]>(
      "GET",
      "/v1/charges?month=2026-12",
    );
    const hotel = charges.find(({ amount }) => amount === "20.00");
    const bill = String(hotel?.bill);
    const credit = async (body: object): Promise<Schemas["CreditNote"]> =>
      world.operator.ask("POST", `/v1/bills/${bill}/credit-notes`, body, {
        headers: { "evergate-partner": world.partner.id },
      });
    const part = await credit({
      lines: [{ charge: hotel?.id, amount: "5.00" }],
      reason: "Outage of 12 December",
    });
    return {
      world,
      bill,
      part,
      rest: await credit({ whole: true, reason: "Wrong partner" }),
      charges,
    };
  }

  test("to print it says what it credits of which bill, and why", async () => {
    const { world, part, rest } = await open();
    const read = async (note: Schemas["CreditNote"]): Promise<string> => {
      const response = await get(world, `/v1/credit-notes/${note.id}`, "application/pdf");
      expect(response.headers.get("content-disposition")).toBe(
        `attachment; filename=credit-note-${note.number}.pdf`,
      );
      const proxy = await getDocumentProxy(new Uint8Array(await response.arrayBuffer()));
      const { text } = await extractText(proxy, { mergePages: true });
      return text.replaceAll(/[\s\u00A0]+/g, " ");
    };
    const first = await read(part);
    for (const words of [
      "Credit note TEST-CN-2027-000001 For bill TEST-2026-000001, December 2026 Test document of a sandbox: it credits nothing. From Carpathian Software a.s.",
      "To Danube Telecom",
      "Issued on 15 January 2027 Credits the bill TEST-2026-000001 Lines 1 Total credited, EUR 6.00",
      "1–31 Dec 2026 10 users 20.00 5.00 Subtotal, 1 line 5.00",
      "Net credited 5.00 Tax 20 % 1.00 Total credited, EUR 6.00 Reason: Outage of 12 December",
    ])
      expect(first).toContain(words);
    const second = await read(rest);
    for (const words of [
      "10 users 20.00 15.00 Subtotal, 1 line 15.00 Ξενοδοχείο Ακρόπολις S-1",
      "Net credited 45.00 Tax 20 % 9.00 Total credited, EUR 54.00 Reason: Wrong partner",
    ])
      expect(second).toContain(words);
  });

  test("as CSV it is its lines, in the order of the bill", async () => {
    const { world, rest, charges } = await open();
    const path = `/v1/credit-notes/${rest.id}`;
    const whole = await (await get(world, path, "text/csv")).text();
    expect(await (await get(world, `${path}/lines`, "text/csv")).text()).toBe(whole);
    const row = (amount: string, externalId: string, name: string, product: string): string => {
      const charge = charges.find((candidate) => candidate.amount === amount);
      const credited = amount === "20.00" ? "15.00" : amount;
      return `TEST-CN-2027-000002,TEST-2026-000001,2026-12,${charge?.id},${charge?.customer},${externalId},${name},${charge?.subscription},${externalId === "" ? "" : `${externalId}/1`},${charge?.product},${product},Product ${product},user,2026-12-01,2026-12-31,10,${amount},${credited},EUR`;
    };
    expect(whole.split("\r\n")).toEqual([
      "creditNoteNumber,billNumber,month,charge,customer,customerExternalId,customerName,subscription,subscriptionExternalId,product,productCode,productName,unit,periodStartsOn,periodEndsOn,quantity,billed,amount,currency",
      row("20.00", "", '"Hotel, Carpathia"', "A"),
      row("30.00", "S-1", "Ξενοδοχείο Ακρόπολις", "B"),
      "",
    ]);
  });
});
