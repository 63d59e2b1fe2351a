import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { readContract } from "../contract/document.ts";
import { createSealer } from "../secrets/sealer.ts";
import { makeWorld, type World } from "../testing/api.ts";
import { testStores } from "../testing/open-test-stores.ts";
import { startTestGateway, testSecretKey } from "../testing/start-test-gateway.ts";
import { NoExportError, verifyExport, type ExportVerification } from "./verify-export.ts";
import type { NotedHead } from "./verify-record.ts";

const page = readFileSync(new URL("../../../../docs/record.md", import.meta.url), "utf8");

/** The lines of docs/record.md, run as a program of somebody else's. */
function runLinesOfDocs(text: string): { readonly code: number | null; readonly output: string } {
  const script = /```js\n(.*?)```/s.exec(page)?.[1];
  if (script === undefined) throw new Error("docs/record.md has no lines any more.");
  const directory = mkdtempSync(join(tmpdir(), "evergate-record-"));
  try {
    writeFileSync(join(directory, "verify.mjs"), script);
    writeFileSync(join(directory, "record.jsonl"), text);
    const ran = spawnSync(process.execPath, ["verify.mjs", "record.jsonl"], {
      cwd: directory,
      encoding: "utf8",
    });
    return { code: ran.status, output: `${ran.stdout}${ran.stderr}`.trim() };
  } finally {
    rmSync(directory, { recursive: true });
  }
}

test("the lines of the documentation don't take nothing for a record", () => {
  for (const text of ["", "\n", "\n\n"])
    expect(runLinesOfDocs(text)).toEqual({
      code: 1,
      output: "there is nothing in it: this is no export of a record",
    });
});

test("the contract's example of an export is one", async () => {
  const contract = readContract();
  const operation = contract.operations.find(({ id }) => id === "listAuditLog");
  expect(operation?.documentTypes).toEqual(["application/x-ndjson"]);
  const example = /application\/x-ndjson:.*?example: \|\n(.*?)\n {2}"/s.exec(
    readFileSync(
      new URL("../../../../openapi/paths/record/list-audit-log.yaml", import.meta.url),
      "utf8",
    ),
  )?.[1];
  const text = (example ?? "").replaceAll(/^ +/gm, "");
  expect(runLinesOfDocs(text)).toEqual({ code: 0, output: "intact" });
  const found = [];
  for await (const one of verifyExport(
    toAsync(text.split("\n")),
    createSealer(testSecretKey),
    null,
  ))
    found.push(one);
  expect(found).toMatchObject([{ owner: "operator", entries: 1, key: "fits", faultCount: 0 }]);
});

describe.each(testStores)("an exported record on $name", (stores) => {
  let world: World;
  let text: string;
  let lines: readonly string[];
  beforeAll(async () => {
    world = await makeWorld(await startTestGateway(stores, { isShared: true }));
    // What some take for the end of a line, what others escape, and what divides the columns.
    const { id } = await world.subscribe({
      customer: { name: 'Hôtel\u2028"Карпаты"\u00a0🏔', metadata: { after: 'x","after":{"a":1}' } },
    });
    await world.api.ask("PATCH", `/v1/subscriptions/${id}`, { quantity: 25 });
    await world.advanceTo("2027-01-05T00:00:00Z");
    text = await download();
    lines = text.trimEnd().split("\n");
  });
  afterAll(() => world.gateway.close());

  async function download(): Promise<string> {
    const reply = await world.gateway.fetch(
      new Request(`${world.gateway.baseUrl}/v1/audit-log`, {
        headers: {
          authorization: `Bearer ${world.partner.apiKey.secret}`,
          accept: "application/x-ndjson",
        },
      }),
    );
    expect(reply.status).toBe(200);
    return reply.text();
  }
  async function verify(
    changed: readonly string[],
    secretKey: string | null = testSecretKey,
    noted: NotedHead | null = null,
  ): Promise<readonly ExportVerification[]> {
    const sealer = secretKey === null ? null : createSealer(secretKey);
    const found = [];
    for await (const one of verifyExport(toAsync(changed), sealer, noted)) found.push(one);
    return found;
  }
  const tell = ([found]: readonly ExportVerification[]): readonly string[] =>
    (found?.faults ?? []).map(({ kind, position }) => `${kind} ${position ?? "-"}`);
  const replaceLine = (index: number, change: (line: string) => string): readonly string[] =>
    lines.map((line, at) => (at === index ? change(line) : line));

  test("is intact, by the gateway's check and by the lines of the documentation", async () => {
    expect(lines.length).toBeGreaterThan(7);
    const [found, ...others] = await verify(lines);
    expect(others).toEqual([]);
    expect(found).toMatchObject({
      owner: world.partner.id,
      entries: lines.length - 1,
      key: "fits",
      isSealChecked: true,
      faultCount: 0,
    });
    expect(runLinesOfDocs(text)).toEqual({ code: 0, output: "intact" });
    const answered = await world.api.ask<{ head: NotedHead }>("GET", "/v1/audit-log/verify");
    expect(found?.head).toEqual(answered.head);
    expect(tell(await verify(lines, null, answered.head))).toEqual([]);
  });

  test("has the entries that the list has, as JSON", async () => {
    const { data } = await world.api.ask<{ data: readonly { id: string }[] }>(
      "GET",
      "/v1/audit-log?limit=200",
    );
    const exported = lines
      .slice(1)
      .map((line) => (JSON.parse(line) as { entry: { id: string } }).entry);
    const byId = (one: { id: string }, other: { id: string }): number =>
      one.id < other.id ? -1 : 1;
    expect(exported.toSorted(byId)).toEqual(data.toSorted(byId));
  });

  test("that was changed is found, with the key and without, and by the lines of the documentation", async () => {
    const last = lines.length - 1;
    const attacks: readonly (readonly [string, readonly string[], string])[] = [
      ["a word", replaceLine(3, (line) => line.replace('"actor":"', '"actor":"x')), "changed 3"],
      ["a blank", replaceLine(3, (line) => line.replace('"entry":{', '"entry":{ ')), "changed 3"],
      [
        "an id beside",
        replaceLine(3, (line) => line.replace('"id":"audit_0', '"id":"audit_1')),
        "changed 3",
      ],
      ["a hash", replaceLine(3, (line) => line.replace(/"hash":"../, '"hash":"xx')), "relinked 3"],
      ["a line gone", lines.filter((_, index) => index !== 3), "removed 3"],
      ["the end gone", lines.slice(0, -1), `removed ${last}`],
      ["no line", replaceLine(3, () => "nothing"), "changed -"],
    ];
    for (const [name, changed, fault] of attacks) {
      expect(`${name}: ${tell(await verify(changed))[0]}`).toBe(`${name}: ${fault}`);
      expect(`${name}: ${tell(await verify(changed, null))[0]}`).toBe(`${name}: ${fault}`);
      expect(`${name}: ${runLinesOfDocs(changed.join("\n")).code}`).toBe(
        // An id beside the entry is a help for whoever reads, and not hashed.
        `${name}: ${name === "an id beside" ? 0 : 1}`,
      );
    }
    const swapped = [...lines];
    [swapped[3], swapped[4]] = [lines[4] ?? "", lines[3] ?? ""];
    expect(tell(await verify(swapped)).length).toBeGreaterThan(0);
    expect(runLinesOfDocs(swapped.join("\n")).code).toBe(1);
    expect(tell(await verify([...lines, lines[3] ?? ""])).length).toBeGreaterThan(0);
  });

  test("that was cut with its head is found by a head that was noted", async () => {
    const [first = ""] = lines;
    const { head } = JSON.parse(first) as { head: NotedHead };
    const { hash } = JSON.parse(lines.at(-2) ?? "") as { hash: string };
    const cut = [
      JSON.stringify({ head: { ...head, position: head.position - 1, hash } }),
      ...lines.slice(1, -1),
    ];
    expect(tell(await verify(cut, null))).toEqual([]);
    expect(tell(await verify(cut))).toEqual([`rewound ${head.position - 1}`]);
    const { position } = head;
    expect(tell(await verify(cut, null, { position, hash: head.hash }))).toEqual([
      `rewound ${position}`,
    ]);
  });

  test("under another key is told from one that was tampered with", async () => {
    const [found] = await verify(lines, Buffer.alloc(32, 9).toString("base64"));
    expect(found).toMatchObject({ key: "differs", isSealChecked: false, faultCount: 0 });
  });

  test("several records follow each other in one file", async () => {
    const found = await verify([...lines, ...lines]);
    expect(found.map(({ faultCount, entries }) => `${faultCount} ${entries}`)).toEqual([
      `0 ${lines.length - 1}`,
      `0 ${lines.length - 1}`,
    ]);
    expect(runLinesOfDocs(text + text).code).toBe(0);
  });

  test("what is no export is refused", async () => {
    for (const none of [[], ["{}"], ["hello"], ['{"head":1}'], ['{"head":{']])
      await expect(verify(none)).rejects.toThrow(NoExportError);
  });

  test("as a document takes no filter", async () => {
    for (const query of ["actor=clock", "from=2026-01-01T00:00:00Z"]) {
      const reply = await world.api.call("GET", `/v1/audit-log?${query}`, undefined, {
        headers: { accept: "application/x-ndjson" },
      });
      expect(reply).toMatchObject({ status: 400, body: { code: "malformed_request" } });
    }
  });
});

async function* toAsync(lines: readonly string[]): AsyncGenerator<string, void, void> {
  yield* lines;
}
