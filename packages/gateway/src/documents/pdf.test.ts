import { toInstant } from "@evergate/core";
import { extractText, getDocumentProxy } from "unpdf";
import { expect, test } from "vitest";
import { writePdf } from "./pdf.ts";
import { createPress } from "./press.ts";
import type { TableDocument, TableItem } from "./table-document.ts";

const issuedAt = toInstant(Date.UTC(2026, 11, 31, 23));

function makeDocument(
  items: () => AsyncIterable<readonly TableItem[]>,
  parts: Partial<TableDocument> = {},
): TableDocument {
  return {
    title: "Bill 2026-000123",
    subtitle: "December 2026",
    issuer: "Operator s.r.o.",
    issuedAt,
    parties: [
      { heading: "From", lines: ["Operator s.r.o.", "Hlavná 1", "VAT id SK2020000000"] },
      { heading: "To", lines: ["Danube Telecom", "Ringstraße 3", "VAT id ATU12345678"] },
    ],
    facts: [{ name: "Number", value: "2026-000123" }],
    columns: [
      { heading: "Product", width: null, align: "start" },
      { heading: "Amount, EUR", width: 70, align: "end" },
    ],
    items: items(),
    totals: () => [{ name: "Total, EUR", value: "46.45", isStrong: true }],
    notes: ["Reverse charge."],
    ...parts,
  };
}

async function* list(...items: readonly TableItem[]): AsyncGenerator<readonly TableItem[]> {
  yield items;
}

const section = (title: string): TableItem => ({ kind: "section", title, detail: `of ${title}` });
const row = (text: string, detail?: string): TableItem => ({
  kind: "row",
  cells: [{ text, detail }, "2.00"],
});
const subtotal = (name: string): TableItem => ({ kind: "subtotal", name, value: "4.00" });

async function print(document: TableDocument): Promise<Buffer> {
  const pieces: Uint8Array[] = [];
  for await (const piece of writePdf(document, "bill.pdf", "partner").chunks) {
    if (typeof piece === "string") throw new Error("A PDF consists of bytes.");
    pieces.push(piece);
  }
  return Buffer.concat(pieces);
}

async function readPages(file: Buffer): Promise<readonly string[]> {
  const { text } = await extractText(await getDocumentProxy(new Uint8Array(file)), {
    mergePages: false,
  });
  return text;
}

test("a page has all that the document says, in order, and its number", async () => {
  const file = await print(
    makeDocument(() => list(section("Hotel Carpathia"), row("Product A"), subtotal("Subtotal"))),
  );
  const pages = await readPages(file);
  expect(pages).toHaveLength(1);
  expect(pages[0]?.replaceAll(/\s+/g, " ")).toMatch(
    /Page 1 of ?1 .*Bill 2026-000123 · Operator s\.r\.o\..*Bill 2026-000123 December 2026 From Operator s\.r\.o\. Hlavná 1.*To Danube Telecom.*Number 2026-000123 Product Amount, EUR Hotel Carpathia of Hotel Carpathia Product A 2\.00 Subtotal 4\.00 Total, EUR 46\.45 Reverse charge\./,
  );
});

test("the same document is the same file", async () => {
  const make = (): Promise<Buffer> => print(makeDocument(() => list(section("A"), row("B"))));
  const [one, other] = [await make(), await make()];
  expect(one.equals(other)).toBe(true);
});

test("documents share their fonts, and nothing of one is in another", async () => {
  const make = (text: string): Promise<Buffer> => print(makeDocument(() => list(row(text))));
  const before = await make("Größe 1 旅館");
  // The same glyphs for other characters: a blank that doesn't break, a Kelvin sign, a radical.
  await make("\u00A0\u212A\u2F45\u00AD Größe 旅館");
  expect((await make("Größe 1 旅館")).equals(before)).toBe(true);
});

test("a document that is given up lets the next one begin", async () => {
  const press = createPress({ atOnce: 1, waiting: 1, waitingOfOne: 1 });
  async function* endless(): AsyncGenerator<readonly TableItem[]> {
    for (;;) yield [row("A")];
  }
  const open = (): AsyncIterator<string | Uint8Array> =>
    writePdf(makeDocument(endless), "a.pdf", "p", press).chunks[Symbol.asyncIterator]();
  const [one, next, last] = [open(), open(), open()];
  await one.next();
  const waiting = next.next();
  await expect(last.next()).rejects.toMatchObject({ code: "unavailable" });
  await one.return?.();
  expect(await waiting).toMatchObject({ done: false });
  await next.return?.();
});

test("names in other scripts can be copied out of it", async () => {
  const names = [
    "Ξενοδοχείο Ακρόπολις",
    "Гостиница «Москва»",
    "上海和平饭店",
    "東京ホテル",
    "서울호텔",
    "Khách sạn Đông Dương",
    "โรงแรม",
    "मुंबई",
  ];
  const [text = ""] = await readPages(
    await print(makeDocument(() => list(...names.map((name) => row(name))))),
  );
  for (const name of names) expect(text.normalize("NFC")).toContain(name);
});

test("500 lines: each once and in order, a head on every page, no heading and no subtotal alone", async () => {
  // Short sections of 1, 2, 3, 4 and 5 lines, so that pages break at every place in them.
  const items: TableItem[] = [];
  let count = 0;
  for (let customer = 1; count < 500; customer += 1) {
    items.push(section(`Customer${customer}`));
    for (let line = 0; line <= customer % 5 && count < 500; line += 1) {
      count += 1;
      items.push(row(`Line${count}`, count % 3 === 0 ? "A detail beneath it" : undefined));
    }
    items.push(subtotal(`Subtotal${customer}`));
  }
  const pages = await readPages(await print(makeDocument(() => list(...items))));
  expect(pages.length).toBeGreaterThan(10);
  const lines = pages.flatMap((page) =>
    [...page.matchAll(/Line(\d+)\b/g)].map(([, n]) => Number(n)),
  );
  expect(lines).toEqual(Array.from({ length: 500 }, (_, index) => index + 1));
  for (const [index, page] of pages.entries()) {
    expect(page).toContain(`Page ${index + 1} of`);
    expect(page.replaceAll(/\s+/g, " ")).toMatch(
      new RegExp(`Page ${index + 1} of ?${pages.length}\\b`),
    );
    expect(page.includes("Amount, EUR")).toBe(page.includes("Line"));
    const marks = [
      ...page.matchAll(/(?<!of )Customer\d+( \(continued\))?|Line\d+|Subtotal\d+/g),
    ].map(([mark]) => mark.replaceAll(/\d+/g, ""));
    expect(marks[0] ?? "Customer").toMatch(/^Customer/);
    // A heading is followed by a line, a subtotal preceded by one, and a page that goes on in a section says so.
    expect(marks.join(" ")).toMatch(
      /^((Customer \(continued\) )?(Line )+(Subtotal ?)?)?(Customer (Line ?)+(Subtotal ?)?)*$/,
    );
  }
});

test("a name as long as names can be is broken, a title of no end ends in an ellipsis", async () => {
  const name = "Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft ";
  const [text = ""] = await readPages(
    await print(
      makeDocument(() => list(section(name.repeat(3)), section(name.repeat(30)), row("B"))),
    ),
  );
  expect(text.replaceAll(/\s+/g, "")).toContain(name.trim().repeat(3));
  expect(text).toContain("…");
});

test("it is made as it is read: of a table without end the first pages come, and no more is asked for", async () => {
  let batches = 0;
  const endless = async function* (): AsyncGenerator<readonly TableItem[], void, void> {
    for (;;) {
      batches += 1;
      yield Array.from({ length: 100 }, (_, index) => row(`Line ${batches}.${index}`));
    }
  };
  const chunks = writePdf(makeDocument(endless), "a.pdf", "partner").chunks[Symbol.asyncIterator]();
  let pageCount = 0;
  for (let count = 0; count < 10; count += 1) {
    const { value } = await chunks.next();
    pageCount +=
      Buffer.from(value ?? "")
        .toString("latin1")
        .match(/\/Type \/Page\b/g)?.length ?? 0;
    expect(value?.length).toBeGreaterThan(0);
    // One page, compressed.
    expect(value?.length).toBeLessThan(20_000);
  }
  await chunks.return?.();
  // Nothing of a page stays behind once it is full.
  expect(pageCount).toBe(10);
  expect(batches).toBeLessThan(10);
});

test("a table without rows is a document with its totals", async () => {
  const pages = await readPages(await print(makeDocument(() => list())));
  expect(pages).toHaveLength(1);
  expect(pages[0]).toContain("46.45");
});
