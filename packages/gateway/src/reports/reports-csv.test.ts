import { describe, expect, test } from "vitest";
import type { components } from "../generated/api.ts";
import { makeWorld, type World } from "../testing/api.ts";
import { testStores } from "../testing/open-test-stores.ts";
import { startTestGateway } from "../testing/start-test-gateway.ts";

type Schemas = components["schemas"];

/** The lines of a CSV file, whose fields have neither quotes nor line breaks in these tests, by their columns. */
async function readCsv(
  { gateway, partner }: World,
  path: string,
): Promise<{ readonly filename: string; readonly rows: readonly Record<string, string>[] }> {
  const response = await gateway.fetch(
    new Request(`${gateway.baseUrl}${path}`, {
      headers: { authorization: `Bearer ${partner.apiKey.secret}`, accept: "text/csv" },
    }),
  );
  expect(response.status).toBe(200);
  const lines = (await response.text()).split("\r\n");
  expect(lines.pop()).toBe("");
  const [names = [], ...rows] = lines.map((line) => line.split(","));
  return {
    filename: response.headers.get("content-disposition") ?? "",
    rows: rows.map((fields) =>
      Object.fromEntries(names.map((name, index) => [name, fields[index] ?? ""])),
    ),
  };
}

/** A row of JSON as CSV has it. */
function toFields(row: object): Record<string, string> {
  return Object.fromEntries(
    Object.entries(row).map(([name, value]) => [
      name,
      value === null ? "" : String(value as string | number | boolean),
    ]),
  );
}

describe.each(testStores)("reports as CSV on $name", (stores) => {
  /** More subscriptions than one reading takes. */
  async function makeMany(): Promise<World> {
    const world = await makeWorld(await startTestGateway(stores));
    for (let count = 0; count < 103; count++)
      await world.subscribe({ externalId: `S-${count}`, quantity: count + 1 });
    const { id } = await world.subscribe({ customer: { name: "Alpha", externalId: "C-1" } });
    await world.advanceTo("2026-12-10T12:00:00Z");
    await world.api.ask("PATCH", `/v1/subscriptions/${id}`, { product: "code:B" });
    await world.advanceTo("2027-01-02T00:00:00Z");
    return world;
  }

  test("200 the same rows as in JSON, all of them, with their columns in order", async () => {
    const world = await makeMany();
    const path = "/v1/reports/active-subscriptions?month=2026-12";
    const { filename, rows } = await readCsv(world, path);
    expect(filename).toBe("attachment; filename=active-subscriptions-2026-12.csv");
    expect(Object.keys(rows[0] ?? {}).join(" ")).toBe(
      "month customer customerExternalId customerName subscription subscriptionExternalId product productCode productName unit quantity daysInService isFree isCurrent status",
    );
    const { data } = await world.api.ask<Schemas["ActiveSubscriptionList"]>(
      "GET",
      `${path}&limit=200`,
    );
    expect(rows).toHaveLength(105);
    expect(rows).toEqual(data.map((row) => toFields({ month: "2026-12", ...row })));
    const one = await readCsv(world, `${path}&customer=ext:C-1`);
    expect(one.rows.map(({ productCode, isCurrent }) => [productCode, isCurrent])).toEqual([
      ["A", "false"],
      ["B", "true"],
    ]);
  });

  test("200 the same charges as in JSON, all of them, with their columns in order", async () => {
    const world = await makeMany();
    const path = "/v1/reports/reconciliation?month=2026-12";
    const { filename, rows } = await readCsv(world, path);
    expect(filename).toBe("attachment; filename=reconciliation-2026-12.csv");
    expect(Object.keys(rows[0] ?? {}).join(" ")).toBe(
      "charge month bill billNumber customer customerExternalId customerName subscription subscriptionExternalId product productCode periodStartsOn periodEndsOn quantity unitPrice daysCharged daysOf discountPercent amount currency",
    );
    const { data } = await world.api.ask<Schemas["ReconciliationList"]>("GET", `${path}&limit=200`);
    expect(rows).toHaveLength(104);
    expect(rows).toEqual(data.map(toFields));
  });

  test("200 a line of names where there is nothing else", async () => {
    const world = await makeWorld(await startTestGateway(stores));
    const { rows } = await readCsv(world, "/v1/reports/active-subscriptions?month=2026-01");
    expect(rows).toEqual([]);
  });
});
