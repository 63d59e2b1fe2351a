import { describe, expect, test } from "vitest";
import type { components } from "../generated/api.ts";
import { makeWorld } from "../testing/api.ts";
import { testStores } from "../testing/open-test-stores.ts";
import { startTestGateway } from "../testing/start-test-gateway.ts";

type Schemas = components["schemas"];

describe.each(testStores)("a bill's lines as CSV on $name", (stores) => {
  test("all of them in the order of the bill, with names, safe to open", async () => {
    const world = await makeWorld(await startTestGateway(stores));
    for (const [name, externalId] of [
      ['Zum "Löwen", Wien', "S-2"],
      ["=HYPERLINK(1)", null],
      ["Αθήνα", "S-3"],
    ] as const)
      await world.subscribe({
        customer: { name, ...(externalId === null ? {} : { externalId }) },
        ...(externalId === null ? {} : { externalId: `${externalId}/1` }),
      });
    await world.advanceTo("2027-01-15T09:00:00Z");
    const { data: bills } = await world.api.ask<Schemas["BillList"]>("GET", "/v1/bills");
    const bill = bills[0];
    const { data: lines } = await world.api.ask<Schemas["ChargeList"]>(
      "GET",
      `/v1/bills/${bill?.id}/lines`,
    );
    const response = await world.gateway.fetch(
      new Request(`${world.gateway.baseUrl}/v1/bills/${bill?.id}/lines`, {
        headers: { authorization: `Bearer ${world.partner.apiKey.secret}`, accept: "text/csv" },
      }),
    );
    expect(response.headers.get("content-type")).toBe("text/csv; charset=utf-8; header=present");
    expect(response.headers.get("content-disposition")).toBe(
      `attachment; filename=bill-${bill?.number}.csv`,
    );
    const rows = (await response.text()).split("\r\n");
    expect(rows.pop()).toBe("");
    const [head, ...body] = rows;
    expect(head).toBe(
      "billNumber,month,charge,customer,customerExternalId,customerName,subscription,subscriptionExternalId,product,productCode,productName,unit,periodStartsOn,periodEndsOn,quantity,unitPrice,daysCharged,daysOf,discountPercent,amount,currency",
    );
    const names = ["'=HYPERLINK(1)", '"Zum ""Löwen"", Wien"', "Αθήνα"];
    const externalIds = ["", "S-2", "S-3"];
    expect(body).toEqual(
      lines.map(
        ({ id, customer, subscription, product }, index) =>
          `${bill?.number},2026-12,${id},${customer},${externalIds[index]},${names[index]},${subscription},${externalIds[index] === "" ? "" : `${externalIds[index]}/1`},${product},A,Product A,user,2026-12-01,2026-12-31,10,2.00,,,0,20.00,EUR`,
      ),
    );
  });
});
