import { setTimeout as delay } from "node:timers/promises";
import { describe, expect, test } from "vitest";
import { makeWorld } from "../../../gateway/src/testing/api.ts";
import { testStores } from "../../../gateway/src/testing/open-test-stores.ts";
import { startTestGateway } from "../../../gateway/src/testing/start-test-gateway.ts";
import { Evergate, isEvergateProblem, UnexpectedAnswerError } from "../index.ts";
import { answerText, startServer } from "../testing/start-server.ts";

describe.each(testStores)("documents of the gateway on $name", (stores) => {
  test("a bill as PDF and as CSV, under the name that it should have", async () => {
    const gateway = await startTestGateway(stores);
    const world = await makeWorld(gateway);
    await world.subscribe();
    await world.advanceTo("2027-01-15T09:00:00Z");
    const evergate = new Evergate({
      apiKey: world.partner.apiKey.secret,
      baseUrl: gateway.baseUrl,
      fetch: gateway.fetch,
    });
    const [bill] = (await evergate.bills.list()).data;
    if (bill === undefined) throw new Error("There is no bill.");
    const path = { billId: bill.id };
    const pdf = await evergate.documents.open("getBill", { path }, "application/pdf");
    expect(pdf).toMatchObject({
      mediaType: "application/pdf",
      filename: `bill-${bill.number}.pdf`,
    });
    expect(Buffer.from(await pdf.bytes()).toString("latin1")).toMatch(/^%PDF-1\.7\n.*%%EOF\n$/s);
    const csv = await evergate.documents.open("listBillLines", { path }, "text/csv");
    expect(await csv.text()).toContain(`\r\n${bill.number},2026-12,charge_`);
    const refusal = evergate.documents.open(
      "getBill",
      { path: { billId: "bill_01mb759sj8f3pthxt98kc4y4ws" } },
      "text/csv",
    );
    await expect(refusal).rejects.toSatisfy((error) => isEvergateProblem(error, "not_found"));
  });
});

const open = (baseUrl: string) =>
  new Evergate({ apiKey: "evg_test", baseUrl, timeoutMs: 500 }).documents.open(
    "getBill",
    { path: { billId: "bill_1" } },
    "text/csv",
  );

test("it comes as it is made, and rejects where it breaks off", async () => {
  const { baseUrl, seen } = await startServer((response) => {
    response.writeHead(200, { "content-type": "text/csv; charset=utf-8" });
    response.write("first");
    void delay(800).then(() => response.destroy());
  });
  const document = await open(baseUrl);
  const reader = document.stream.getReader();
  expect(Buffer.from((await reader.read()).value ?? []).toString()).toBe("first");
  await expect(reader.read()).rejects.toThrow("terminated");
  // Nobody asks again for what has begun to come.
  expect(seen).toHaveLength(1);
  expect(seen[0]?.headers).toMatchObject({ accept: "text/csv" });
});

test.each([
  ["attachment; filename=bill.csv", "bill.csv"],
  ['attachment; filename="my bill.csv"', "my bill.csv"],
  [`attachment; filename="??et.csv"; filename*=utf-8''%C3%BA%C4%8Det.csv`, "účet.csv"],
  ["attachment", null],
])("of %s the name is %s", async (disposition, filename) => {
  const { baseUrl } = await startServer(
    answerText(200, "text/csv", "a", { "content-disposition": disposition }),
  );
  expect(await open(baseUrl)).toMatchObject({ filename });
});

test("an answer of another media type is none", async () => {
  const { baseUrl } = await startServer(answerText(200, "text/html", "<p>Sign in</p>"));
  await expect(open(baseUrl)).rejects.toThrow(UnexpectedAnswerError);
});
