import { describe, expect, test } from "vitest";
import type { components } from "../generated/api.ts";
import { makeWorld, type Reply, type World } from "../testing/api.ts";
import { testStores } from "../testing/open-test-stores.ts";
import { startTestGateway } from "../testing/start-test-gateway.ts";

type Schemas = components["schemas"];
type Note = Schemas["CreditNote"];

/** Three customers' subscriptions, whose December has been settled. */
interface Billed {
  readonly world: World;
  readonly bill: Schemas["Bill"];
  /** Of 66.66, 20.00 and 3.00, in the order of the customers' names. */
  readonly charges: readonly [Schemas["Charge"], Schemas["Charge"], Schemas["Charge"]];
  credit(input: object): Promise<Reply<Note & Partial<Schemas["Problem"]>>>;
  readLines(note: string, limit?: number): Promise<readonly Schemas["CreditNoteLine"][]>;
}

const amountsOf = (lines: readonly Schemas["CreditNoteLine"][]): readonly string[] =>
  lines.map(({ amount }) => amount);
const sum = (amounts: readonly string[]): number =>
  amounts.reduce((cents, amount) => cents + Math.round(Number(amount) * 100), 0);

describe.each(testStores)("credit notes on $name", (stores) => {
  const issued = (note: Pick<Note, "id">, world: World): Promise<Note> =>
    world.api.ask("GET", `/v1/credit-notes/${note.id}`);

  async function open(input: Partial<Schemas["PartnerInput"]> = {}): Promise<Billed> {
    const world = await makeWorld(await startTestGateway(stores), { taxRate: "7.7", ...input });
    const { id: odd } = await world.operator.ask<Schemas["Product"]>("POST", "/v1/products", {
      code: "ODD",
      name: "Odd",
      unit: "user",
      minQuantity: 1,
      maxQuantity: 10,
    });
    await world.operator.ask("POST", "/v1/prices", {
      product: odd,
      channel: "reseller",
      currency: "EUR",
      unitPrice: "22.22",
      validFrom: "2026-01-01",
    });
    await world.subscribe({ customer: { name: "Penzión Dunaj" }, product: "code:B", quantity: 1 });
    await world.subscribe({ customer: { name: "Hotel Carpathia" } });
    await world.subscribe({ customer: { name: "Älter AG" }, product: odd, quantity: 3 });
    await world.advanceTo("2027-01-11T08:30:00Z");
    const { data: bills } = await world.api.ask<Schemas["BillList"]>("GET", "/v1/bills");
    const bill = bills[0] as Schemas["Bill"];
    const { data: charges } = await world.api.ask<Schemas["ChargeList"]>(
      "GET",
      `/v1/bills/${bill.id}/lines`,
    );
    expect(charges.map(({ amount }) => amount)).toEqual(["66.66", "20.00", "3.00"]);
    return {
      world,
      bill,
      charges: charges as unknown as Billed["charges"],
      credit: (body) =>
        world.operator.call("POST", `/v1/bills/${bill.id}/credit-notes`, body, {
          headers: { "evergate-partner": world.partner.id },
        }),
      readLines: async (note, limit = 200) => {
        const lines: Schemas["CreditNoteLine"][] = [];
        let after: string | null = "";
        while (after !== null) {
          const page: Schemas["CreditNoteLineList"] = await world.api.ask(
            "GET",
            `/v1/credit-notes/${note}/lines?limit=${limit}${after === "" ? "" : `&after=${after}`}`,
          );
          lines.push(...page.data);
          after = page.nextCursor;
        }
        return lines;
      },
    };
  }

  test("as much of a charge as it came to, however much that was", async () => {
    const world = await makeWorld(await startTestGateway(stores), { currency: "KWD" });
    const { id: dear } = await world.operator.ask<Schemas["Product"]>("POST", "/v1/products", {
      code: "DEAR",
      name: "Dear",
      unit: "user",
      minQuantity: 1,
      maxQuantity: 10_000_000,
    });
    await world.operator.ask("POST", "/v1/prices", {
      product: dear,
      channel: "reseller",
      currency: "KWD",
      unitPrice: "999999999.999999",
      validFrom: "2026-01-01",
    });
    await world.subscribe({ product: dear, quantity: 10_000_000 });
    await world.advanceTo("2027-01-11T08:30:00Z");
    const { data } = await world.api.ask<Schemas["ChargeList"]>("GET", "/v1/charges");
    const [charge] = data;
    expect(charge?.amount).toBe("9999999999999990.000");
    const credit = (amount: string): Promise<Reply<Note & Partial<Schemas["Problem"]>>> =>
      world.operator.call(
        "POST",
        `/v1/bills/${charge?.bill}/credit-notes`,
        { lines: [{ charge: charge?.id, amount }], reason: "Wrong price" },
        { headers: { "evergate-partner": world.partner.id } },
      );
    expect((await credit("9999999999999990.001")).body.detail).toContain(
      "9999999999999990.000 KWD are left of the charge",
    );
    expect((await credit("999999999999999999")).body.code).toBe("credit_exceeds_charge");
    expect((await credit("9999999999999990.000")).body.net).toBe("9999999999999990.000");
  });

  test("a bill is taken back in parts and then the rest, to the cent, and stays as it is (R23, R30)", async () => {
    const { world, bill, charges, credit, readLines } = await open();
    const [odd, hotel, inn] = charges;
    expect(bill).toMatchObject({ net: "89.66", tax: "6.90", total: "96.56" });

    const first = await credit({
      lines: [{ charge: inn.id, amount: "1.11" }, { charge: odd.id }],
      reason: "Outage of 12 December",
    });
    expect(first.status).toBe(201);
    expect(first.headers.get("location")).toBe(`/v1/credit-notes/${first.body.id}`);
    expect(first.body).toMatchObject({
      number: "TEST-CN-2027-000001",
      bill: bill.id,
      billNumber: bill.number,
      month: "2026-12",
      supplier: bill.supplier,
      recipient: bill.recipient,
      net: "67.77",
      taxRate: "7.7",
      tax: "5.22",
      total: "72.99",
      reason: "Outage of 12 December",
      whole: false,
      lineCount: 2,
      issuedAt: "2027-01-11T08:30:00Z",
    });
    // In the order of the bill, whatever that of the request was.
    expect(await readLines(first.body.id, 1)).toEqual([
      {
        charge: odd.id,
        subscription: odd.subscription,
        customer: odd.customer,
        product: odd.product,
        period: odd.period,
        quantity: 3,
        billed: "66.66",
        amount: "66.66",
        currency: "EUR",
      },
      expect.objectContaining({ charge: inn.id, billed: "3.00", amount: "1.11" }),
    ]);

    const second = await credit({
      lines: [{ charge: hotel.id, amount: "0.01" }],
      reason: "A cent",
    });
    const rest = await credit({ whole: true, reason: "Billed to the wrong partner" });
    expect(rest.body).toMatchObject({
      number: "TEST-CN-2027-000003",
      net: "21.88",
      whole: true,
      lineCount: 2,
    });
    expect(await readLines(rest.body.id, 1)).toEqual([
      expect.objectContaining({ charge: hotel.id, billed: "20.00", amount: "19.99" }),
      expect.objectContaining({ charge: inn.id, billed: "3.00", amount: "1.89" }),
    ]);
    const notes = [first.body, second.body, rest.body];
    for (const name of ["net", "tax", "total"] as const)
      expect(sum(notes.map((note) => note[name]))).toBe(sum([bill[name]]));
    expect(await world.api.ask("GET", `/v1/bills/${bill.id}`)).toEqual(bill);
    expect(await world.api.ask("GET", `/v1/credit-notes?bill=${bill.id}`)).toEqual({
      data: notes.toReversed(),
      nextCursor: null,
    });
  });

  test("the event holds the credit note, and who issued it is on record (R26, R27)", async () => {
    const { world, credit } = await open();
    const { body: note } = await credit({ whole: true, reason: "All of it" });
    const { data } = await world.api.ask<Schemas["EventList"]>(
      "GET",
      "/v1/events?type=credit_note.*",
    );
    expect(data).toMatchObject([
      {
        type: "credit_note.issued",
        timestamp: "2027-01-11T08:30:00Z",
        data: { ...note, previous: null, mode: "sandbox" },
      },
    ]);
    const record = await world.api.ask<Schemas["AuditEntryList"]>(
      "GET",
      `/v1/audit-log?subject=${note.id}`,
    );
    expect(record.data).toMatchObject([
      { action: "createCreditNote", actor: "Operator", before: null, after: note },
    ]);
  });

  test("what is left of a charge bounds what can be credited, before and after the rest (R30)", async () => {
    const { charges, credit } = await open();
    const [odd, hotel] = charges;
    await credit({ lines: [{ charge: hotel.id, amount: "19.00" }], reason: "Part" });
    const tooMuch = await credit({
      lines: [{ charge: odd.id }, { charge: hotel.id, amount: "1.01" }],
      reason: "Too much",
    });
    expect(tooMuch.body).toMatchObject({
      status: 422,
      code: "credit_exceeds_charge",
      detail: expect.stringContaining("1.00 EUR"),
    });
    const exact = await credit({ lines: [{ charge: hotel.id, amount: "1" }], reason: "The rest" });
    expect(exact.body.net).toBe("1.00");
    for (const amount of [undefined, "0.01"])
      expect(
        (await credit({ lines: [{ charge: hotel.id, amount }], reason: "More" })).body.code,
      ).toBe("nothing_left_to_credit");
    // A refusal has credited nothing of its other lines either.
    const rest = await credit({ whole: true, reason: "All" });
    expect(rest.body.net).toBe("69.66");
    for (const body of [{ whole: true }, { lines: [{ charge: odd.id, amount: "0.01" }] }])
      expect((await credit({ ...body, reason: "Again" })).body.code).toBe("nothing_left_to_credit");
  });

  test("a charge of another bill is none of this one's", async () => {
    const { world, credit } = await open();
    await world.advanceTo("2027-02-11T08:30:00Z");
    const { data } = await world.api.ask<Schemas["ChargeList"]>("GET", "/v1/charges?month=2027-01");
    const refused = await credit({ lines: [{ charge: data[0]?.id }], reason: "Wrong month" });
    expect(refused.body).toMatchObject({ status: 422, code: "charge_unknown" });
  });

  test("under reverse charge no tax is taken back", async () => {
    const { credit } = await open({
      reverseCharge: true,
      company: {
        legalName: "Elbe Systemhaus GmbH",
        addressLines: ["Budapester Straße 12"],
        city: "Dresden",
        country: "DE",
        vatId: "DE136695976",
      },
    });
    expect((await credit({ whole: true, reason: "All" })).body).toMatchObject({
      net: "89.66",
      taxRate: "0",
      tax: "0.00",
      total: "89.66",
      reverseCharge: true,
      recipient: { vatId: "DE136695976" },
    });
  });

  test("of credit notes at once that together exceed a charge, as many succeed as it has room for (R30)", async () => {
    const { world, bill, charges, credit, readLines } = await open();
    const [, hotel] = charges;
    const replies = await Promise.all(
      Array.from({ length: 10 }, (_, index) =>
        credit({ lines: [{ charge: hotel.id, amount: "6.00" }], reason: `At once ${index}` }),
      ),
    );
    expect(replies.map(({ status }) => status).toSorted()).toEqual([
      ...Array<number>(3).fill(201),
      ...Array<number>(7).fill(422),
    ]);
    const { data } = await world.api.ask<Schemas["CreditNoteList"]>(
      "GET",
      `/v1/credit-notes?bill=${bill.id}`,
    );
    expect(data.map(({ number }) => number).toSorted()).toEqual([
      "TEST-CN-2027-000001",
      "TEST-CN-2027-000002",
      "TEST-CN-2027-000003",
    ]);
    for (const note of data) expect(amountsOf(await readLines(note.id))).toEqual(["6.00"]);
  });

  test("the whole and its parts at once add up to the bill, and to nothing more (R30)", async () => {
    const { world, bill, charges, credit, readLines } = await open();
    const orders: readonly object[] = [
      { whole: true },
      { lines: charges.map(({ id }) => ({ charge: id })) },
      ...charges.flatMap(({ id }) => [
        { lines: [{ charge: id, amount: "0.50" }] },
        { lines: [{ charge: id, amount: "1.00" }] },
      ]),
      { whole: true },
    ];
    const replies = await Promise.all(
      orders.map((order) => credit({ ...order, reason: "At once" })),
    );
    const accepted = replies.filter(({ status }) => status === 201).map(({ body }) => body);
    const refused = replies.filter(({ status }) => status !== 201);
    expect([...new Set(refused.map(({ body }) => body.code))]).toEqual(["nothing_left_to_credit"]);
    for (const name of ["net", "tax", "total"] as const)
      expect(sum(accepted.map((note) => note[name]))).toBe(sum([bill[name]]));
    const ofCharge = new Map<string, string[]>();
    for (const note of accepted) {
      const lines = await readLines((await issued(note, world)).id);
      expect(sum(amountsOf(lines))).toBe(sum([note.net]));
      expect(lines).toHaveLength(note.lineCount);
      for (const { charge, amount } of lines)
        ofCharge.set(charge, [...(ofCharge.get(charge) ?? []), amount]);
    }
    for (const { id, amount } of charges) expect(sum(ofCharge.get(id) ?? [])).toBe(sum([amount]));
    const { data } = await world.api.ask<Schemas["CreditNoteList"]>("GET", "/v1/credit-notes");
    expect(data.map(({ number }) => number).toSorted()).toEqual(
      accepted.map((_, index) => `TEST-CN-2027-${String(index + 1).padStart(6, "0")}`),
    );
  });

  test("credit notes have a series of numbers of their own, beside that of the bills", async () => {
    const { world, bill, credit } = await open();
    await credit({ whole: true, reason: "All" });
    await world.advanceTo("2027-02-01T00:00:00Z");
    const { data } = await world.api.ask<Schemas["BillList"]>("GET", "/v1/bills");
    expect(data.map(({ number }) => number)).toEqual(["TEST-2027-000001", bill.number]);
    expect(bill.number).toBe("TEST-2026-000001");
  });

  test.each([
    { body: { reason: "Nothing said" }, pointer: "" },
    { body: { whole: false, reason: "No" }, pointer: "/whole" },
    { body: { lines: [], reason: "No lines" }, pointer: "/lines" },
    { body: { whole: true }, pointer: "/reason" },
    { body: { whole: true, reason: "Two\nlines" }, pointer: "/reason" },
    {
      body: { whole: true, lines: [{ charge: "charge_01mb759sc0ecpstx9b0gfh3c09" }], reason: "?" },
      pointer: "/whole",
    },
    { body: { lines: [{ charge: "charge_1" }], reason: "?" }, pointer: "/lines/0/charge" },
    {
      body: {
        lines: [{ charge: "charge_01mb759sc0ecpstx9b0gfh3c09", amount: "-1.00" }],
        reason: "?",
      },
      pointer: "/lines/0/amount",
    },
  ])("$body is refused at $pointer", async ({ body, pointer }) => {
    const { credit } = await open();
    const refused = await credit(body);
    expect(refused.body).toMatchObject({ status: 400, code: "malformed_request" });
    expect(refused.body.errors?.map((fault) => fault.pointer)).toContain(pointer);
  });
});
