import { extractText, getDocumentProxy } from "unpdf";
import { describe, expect, test } from "vitest";
import { makeWorld, type World } from "../testing/api.ts";
import { testStores } from "../testing/open-test-stores.ts";
import { startTestGateway } from "../testing/start-test-gateway.ts";

async function readPdf(
  { gateway, partner }: World,
  query: string,
): Promise<{ readonly name: string; readonly file: Uint8Array; readonly words: string }> {
  const response = await gateway.fetch(
    new Request(`${gateway.baseUrl}/v1/reports/active-subscriptions?${query}`, {
      headers: { authorization: `Bearer ${partner.apiKey.secret}`, accept: "application/pdf" },
    }),
  );
  expect(response.status).toBe(200);
  const file = new Uint8Array(await response.arrayBuffer());
  const { text } = await extractText(await getDocumentProxy(file.slice()), { mergePages: true });
  return {
    name: response.headers.get("content-disposition") ?? "",
    file,
    words: text.replaceAll(/[\s\u00A0]+/g, " "),
  };
}

describe.each(testStores)("the report of a month to print, on $name", (stores) => {
  test("a section for each customer, and totals by product", async () => {
    const world = await makeWorld(await startTestGateway(stores));
    const { id } = await world.subscribe({
      customer: { name: "Ξενοδοχείο Ακρόπολις", externalId: "S-1" },
      externalId: "S-1/1",
    });
    await world.subscribe({ customer: "ext:S-1", product: world.products.b.id, quantity: 3 });
    await world.advanceTo("2026-12-10T12:00:00Z");
    await world.api.ask("PATCH", `/v1/subscriptions/${id}`, { product: "code:B" });
    await world.subscribe({ customer: { name: "上海饭店" }, quantity: 1500 });
    const running = await readPdf(world, "");
    expect(running.words).toMatch(/So far, until 10 December 2026, 13:00 .* Status now/);
    await world.advanceTo("2027-01-15T09:00:00Z");
    const { name, file, words } = await readPdf(world, "month=2026-12");
    expect(name).toBe("attachment; filename=active-subscriptions-2026-12.pdf");
    for (const part of [
      "Subscriptions in service, December 2026 Partner Danube Telecom",
      "Until 31 December 2026, 23:59 Time zone Europe/Bratislava",
      "Ξενοδοχείο Ακρόπολις S-1",
      "Product A A · S-1/1 10 users 10 product changed",
      "Product B B · S-1/1 10 users 22 active",
      "In service 2 subscriptions",
      "上海饭店 cus_",
      "1 500 users 22 trialing free",
      "In service 1 subscription",
      "A, 2 subscriptions 1 510 users of which free, 1 subscription 1 500 users",
      "B, 2 subscriptions 13 users",
      "Customers 2 Subscriptions 3",
    ])
      expect(words).toContain(part);
    // The month is over: its report is the same file ever after.
    await world.advanceTo("2027-03-15T09:00:00Z");
    expect((await readPdf(world, "month=2026-12")).file).toEqual(file);
  });

  test("a month without any subscription says so", async () => {
    const world = await makeWorld(await startTestGateway(stores));
    const { words } = await readPdf(world, "month=2026-01");
    expect(words).toContain("Customers 0 Subscriptions 0");
  });
});
