import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { dumpTables } from "../conformance/dump-tables.ts";
import type { components } from "../generated/api.ts";
import { makeWorld, type World } from "../testing/api.ts";
import { testStores } from "../testing/open-test-stores.ts";
import { startTestGateway, type TestGateway } from "../testing/start-test-gateway.ts";

type Schemas = components["schemas"];
type Answer = Schemas["PrepaidLicenceImport"] & Schemas["Problem"];

const header = "customer,product,quantity,startsOn,endsOn,externalId";

describe.each(testStores)("prepaid licences are imported on $name", (stores) => {
  let gateway: TestGateway;
  let world: World;
  beforeAll(async () => {
    gateway = await startTestGateway(stores, { isShared: true });
    world = await makeWorld(gateway);
    for (const externalId of ["C", "D", 'Ž, "1"']) await makeCustomer(externalId);
  });
  afterAll(() => gateway.close());

  async function makeCustomer(externalId: string): Promise<void> {
    await world.api.ask("POST", "/v1/customers", { name: "Hotel Carpathia", externalId });
  }
  const post = (csv: string, headers: Readonly<Record<string, string>> = {}) =>
    world.api.call<Answer>("POST", "/v1/prepaid-licences/import", csv, {
      headers: { "content-type": "text/csv; charset=utf-8", ...headers },
    });
  async function readNewest(limit: number): Promise<readonly Schemas["PrepaidLicence"][]> {
    const page = await world.api.ask<Schemas["PrepaidLicenceList"]>(
      "GET",
      `/v1/prepaid-licences?limit=${limit}`,
    );
    return page.data;
  }
  /** Refused, and nothing at all is left of it. */
  async function expectRefused(csv: string, code: string): Promise<Schemas["Problem"]> {
    const before = await dumpTables(gateway.store);
    const { body } = await post(csv);
    expect(body.code).toBe(code);
    expect(await dumpTables(gateway.store)).toEqual(before);
    return body;
  }
  const pointersOf = ({ errors = [] }: Schemas["Problem"]): readonly string[] =>
    errors.map(({ pointer }) => pointer);

  test("columns in any order, quoted cells, empty cells, blank rows, a byte order mark, any line ends", async () => {
    const csv =
      '\ufeffendsOn,quantity,customer,product,externalId\r\n2027-11-30,25,"ext:Ž, ""1""",code:A,"LIC, 1"\r\n\r\n,,,,\n2026-12-31,3,ext:C,code:B,\r';
    expect(await post(csv)).toMatchObject({ status: 201, body: { imported: 2 } });
    expect(await readNewest(2)).toEqual([
      expect.objectContaining({
        product: world.products.b.id,
        quantity: 3,
        startsOn: "2026-11-24",
        endsAt: "2026-12-31T23:00:00Z",
        externalId: null,
      }),
      expect.objectContaining({
        product: world.products.a.id,
        quantity: 25,
        startsOn: "2026-11-24",
        endsOn: "2027-11-30",
        externalId: "LIC, 1",
      }),
    ]);
  });

  test("each is registered as if it came alone: refusals, what waits, notices and the record", async () => {
    const own = await makeWorld(gateway);
    const { id: customer } = await own.api.ask<{ id: string }>("POST", "/v1/customers", {
      name: "Own",
      externalId: "C",
    });
    const scheduled = await own.api.ask<Schemas["Subscription"]>("POST", "/v1/subscriptions", {
      customer,
      product: own.products.a.id,
      quantity: 2,
      startsAt: "2027-01-10T00:00:00Z",
    });
    const rows = [
      "ext:C,code:A,5,2026-12-01,2027-01-31,",
      `${customer},${own.products.a.id},5,2027-02-01,2027-02-28,`,
      "ext:C,code:B,5,,2026-11-30,SOON",
    ];
    const reply = await own.api.call<Answer>(
      "POST",
      "/v1/prepaid-licences/import",
      [header, ...rows].join("\n"),
      {
        headers: { "content-type": "text/csv", "evergate-actor": "Eva" },
      },
    );
    expect(reply.status).toBe(201);
    expect(
      await own.api.ask<Schemas["Subscription"]>("GET", `/v1/subscriptions/${scheduled.id}`),
    ).toMatchObject({ startsAt: "2027-02-28T23:00:00Z" });
    const { data: events } = await own.api.ask<Schemas["EventList"]>(
      "GET",
      "/v1/events?type=prepaid_licence.*",
    );
    expect(events.map(({ data }) => (data as Schemas["PrepaidLicence"]).externalId)).toEqual([
      "SOON",
    ]);
    const { data: entries } = await own.api.ask<Schemas["AuditEntryList"]>(
      "GET",
      "/v1/audit-log?actor=Eva",
    );
    expect(entries.map(({ action }) => action)).toEqual(Array(4).fill("importPrepaidLicences"));
  });

  test("all or nothing: every row that can't be is named, in order", async () => {
    const problem = await expectRefused(
      [
        header,
        "ext:C,code:A,1,,2027-11-30,ONE",
        "ext:nobody,code:NOTHING,1,,2027-11-30,",
        "ext:C,code:A,1,,2026-11-23,",
        "",
        "ext:C,code:A,1,2027-01-01,2026-12-31,",
        "ext:D,code:A,1,,2027-11-30,ONE",
      ].join("\n"),
      "import_rows_refused",
    );
    expect(problem.detail).toContain("4 of 5 rows");
    expect(problem.errors).toEqual([
      { pointer: "/rows/3/customer", detail: "You have no customer ext:nobody." },
      { pointer: "/rows/3/product", detail: "There is no product code:NOTHING." },
      {
        pointer: "/rows/4/endsOn",
        detail: "endsOn has passed; today is 2026-11-24 for this partner.",
      },
      {
        pointer: "/rows/6/endsOn",
        detail: "endsOn is before 2027-01-01, the first day of the licence.",
      },
      { pointer: "/rows/7/externalId", detail: "Row 2 has this externalId already." },
    ]);
  });

  test("another partner's customers and external ids are nobody's", async () => {
    const other = await makeWorld(gateway);
    const { id } = await other.api.ask<{ id: string }>("POST", "/v1/customers", {
      name: "Of another",
      externalId: "OTHERS",
    });
    const problem = await expectRefused(
      `${header}\n${id},code:A,1,,2027-11-30,\next:OTHERS,code:A,1,,2027-11-30,`,
      "import_rows_refused",
    );
    expect(pointersOf(problem)).toEqual(["/rows/2/customer", "/rows/3/customer"]);
  });

  test("a file that is sent twice is refused by its external ids, or answered again by its key", async () => {
    const csv = `${header}\next:D,code:B,1,,2027-11-30,TWICE`;
    const keyed = { "idempotency-key": "import-1" };
    const first = await post(csv, keyed);
    expect(first).toMatchObject({ status: 201, body: { imported: 1 } });
    const again = await post(csv, keyed);
    expect(again.headers.get("idempotency-replayed")).toBe("true");
    expect(again.body).toEqual(first.body);
    expect((await post(`${csv} `, keyed)).body.code).toBe("idempotency_key_reused");
    expect(pointersOf(await expectRefused(csv, "import_rows_refused"))).toEqual([
      "/rows/2/externalId",
    ]);
  });

  test("no more than a customer can hold, those that it holds already counted", async () => {
    await makeCustomer("FULL");
    const row = "ext:FULL,code:A,1,,2027-11-30,";
    expect((await post([header, ...Array<string>(98).fill(row)].join("\n"))).status).toBe(201);
    expect(
      pointersOf(await expectRefused([header, row, row, row].join("\n"), "import_rows_refused")),
    ).toEqual(["/rows/4/customer"]);
  });

  test("5,000 rows and no more", async () => {
    const rows = Array.from({ length: 50 }, (_, index) => `ext:BULK-${index}`);
    for (const name of rows) await makeCustomer(name.slice("ext:".length));
    const csv = [
      header,
      ...Array.from(
        { length: 5_000 },
        (_, index) => `${rows[index % 50]},code:A,1,,2027-11-30,B-${index}`,
      ),
    ].join("\n");
    const { body } = await post(`${csv}\n${rows[0]},code:A,1,,2027-11-30,`);
    expect(body.code).toBe("content_too_large");
    expect(await post(`${"\n".repeat(100)}${csv}\n,,,\n\n`)).toMatchObject({
      status: 201,
      body: { imported: 5_000 },
    });
    const { data } = await world.api.ask<Schemas["PrepaidLicenceList"]>(
      "GET",
      "/v1/prepaid-licences?customer=ext:BULK-49&limit=200",
    );
    expect(data).toHaveLength(100);
    expect(data[0]?.externalId).toBe("B-4999");
  });

  test.each([
    ["customer;product;quantity;endsOn\nx", "/rows/1/customer;product;quantity;endsOn"],
    ["customer,product,quantity\nx,y,1", "/rows/1/endsOn"],
    ["customer,product,quantity,endsOn,endsOn\n", "/rows/1/endsOn"],
    ["customer,product,quantity,endsOn,Quantity/~\n", "/rows/1/Quantity~1~0"],
    [`${header}\n`, ""],
    [" ", "/rows/1/ "],
    [`${header}\next:C,code:A,1,,2027-11-30`, "/rows/2"],
    [`${header}\next:C,code:A,1,,2027-11-30,x,y`, "/rows/2"],
    [`${header}\n"ext:C,code:A`, ""],
    [`${header}\next"C,code:A,1,,2027-11-30,`, ""],
    [`${header}\n${",".repeat(500_000)}`, ""],
    ["a,".repeat(200_000), ""],
  ])("%j is refused at %j", async (csv, pointer) => {
    expect(pointersOf(await expectRefused(csv, "malformed_request"))[0]).toBe(pointer);
  });

  test("of a file with very many faults the first hundred are answered", async () => {
    const problem = await expectRefused(
      [header, ...Array<string>(1_000).fill("?,?,?,?,?,")].join("\n"),
      "malformed_request",
    );
    expect(problem.errors).toHaveLength(100);
    expect(problem.detail).toContain("4999 more");
  });

  test("the encoding has to be UTF-8, and said to be nothing else", async () => {
    for (const type of ["text/csv; charset=iso-8859-1", "text/csv;header=present; charset=utf-16"])
      expect((await post(header, { "content-type": type })).body.code).toBe(
        "unsupported_media_type",
      );
    for (const type of ['text/csv; charset="UTF-8"', "TEXT/CSV", "text/csv;header=present"])
      expect((await post(header, { "content-type": type })).body.code).toBe("malformed_request");
    expect((await post("{}", { "content-type": "application/json" })).body.code).toBe(
      "unsupported_media_type",
    );
  });

  /** What a cell may be, and what the same value may be where one licence is registered, is the same. */
  const cells: readonly (readonly [column: string, cell: string])[] = [
    ...[
      "",
      "C",
      "cus_1",
      "ext:",
      "ext:C",
      "ext:C\u0007",
      "EXT:C",
      `ext:${"😀".repeat(129)}`,
      "code:A",
    ].map((cell) => ["customer", cell] as const),
    ...["", "A", "code:", "code:A", "code:a", "code:A B", `code:${"A".repeat(65)}`, "prod_1"].map(
      (cell) => ["product", cell] as const,
    ),
    ...["", "0", "1", "-1", "1.5", "10000000", "10000001", "99999999", "ten"].map(
      (cell) => ["quantity", cell] as const,
    ),
    ...["", "2027-11-30", "2027-11-31", "2027-2-1", "0999-01-01", "2200-01-01", "30.11.2027"].map(
      (cell) => ["endsOn", cell] as const,
    ),
    ...["1899-12-31", "1900-01-01", "2026-02-29", "tomorrow"].map(
      (cell) => ["startsOn", cell] as const,
    ),
    ...["x", "\u0085", "a\tb", "x".repeat(128), "😀".repeat(128), "x".repeat(129)].map(
      (cell) => ["externalId", cell] as const,
    ),
  ];
  test.each(cells)("%s %j is taken, or not, as in JSON", async (column, cell) => {
    const values: Record<string, string> = {
      customer: "ext:C",
      product: "code:A",
      quantity: "1",
      startsOn: "2026-01-01",
      endsOn: "2026-11-30",
      externalId: "",
      [column]: cell,
    };
    const quote = (text = ""): string => `"${text.replaceAll('"', '""')}"`;
    const row = header.split(",").map((name) => quote(values[name]));
    const json = {
      ...Object.fromEntries(Object.entries(values).filter(([, value]) => value !== "")),
      ...(values["quantity"] === "" ? {} : { quantity: Number(values["quantity"]) }),
    };
    const one = await world.api.call<Schemas["Problem"]>("POST", "/v1/prepaid-licences", json);
    const made = one.status === 201 ? (one.body as unknown as { id: string }).id : null;
    if (made !== null) await world.api.call("DELETE", `/v1/prepaid-licences/${made}`);
    const { status, body } = await post(`${header}\n${row.join(",")}`);
    expect(status).toBe(one.status);
    // What JSON points at as a field, a file has in its row; a rule's refusal has no field where one licence is registered.
    const inJson = status === 400 ? `/${column}` : undefined;
    const inFile = status === 201 ? undefined : `/rows/2/${column}`;
    expect([pointersOf(one.body)[0], pointersOf(body)[0]]).toEqual([inJson, inFile]);
    for (const { id } of made === null ? [] : await readNewest(1))
      await world.api.call("DELETE", `/v1/prepaid-licences/${id}`);
  });
});
