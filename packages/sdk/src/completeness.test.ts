import { readFile } from "node:fs/promises";
import { expect, test } from "vitest";
import { methodOfOperation } from "./completeness.ts";
import { operationIds, operationRoutes } from "./generated/api.ts";
import { Evergate } from "./index.ts";
import { renderApiIndex, type ContractDocument } from "./testing/render-api-index.ts";

test.each(operationIds)("%s is what its method carries out", async (operationId) => {
  const seen: string[] = [];
  const evergate = new Evergate({
    apiKey: "evg_test",
    baseUrl: "http://gateway.test",
    fetch: (request) => {
      seen.push(`${request.method} ${new URL(request.url).pathname}`);
      return Response.json({ data: [], nextCursor: null });
    },
  });
  const [noun = "", verb = ""] = methodOfOperation[operationId].split(".");
  const resource = evergate[noun as keyof Evergate] as unknown as Record<
    string,
    (...ids: readonly string[]) => Promise<unknown>
  >;
  const { method, path } = operationRoutes[operationId];
  const ids = [...path.matchAll(/\{\w+\}/g)].map((_, index) => `id_${index + 1}`);
  await resource[verb]?.(...ids);
  let count = 0;
  expect(seen).toEqual([`${method} ${path.replaceAll(/\{\w+\}/g, () => `id_${(count += 1)}`)}`]);
});

async function loadContract(): Promise<ContractDocument> {
  const file = new URL("../../gateway/src/generated/openapi.json", import.meta.url);
  return JSON.parse(await readFile(file, "utf8")) as ContractDocument;
}

test("api.md has every method", async () => {
  await expect(renderApiIndex(await loadContract())).toMatchFileSnapshot("../api.md");
});

test.each(operationIds)(
  "the docstring of %s names what it is refused with",
  async (operationId) => {
    const [noun = "", verb = ""] = methodOfOperation[operationId].split(".");
    const file = new URL(
      `./resources/${noun.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}.ts`,
      import.meta.url,
    );
    const source = await readFile(file, "utf8");
    const docstring =
      new RegExp(`/\\*\\*((?:(?!\\*/)[^])*)\\*/\\s+${verb}\\(`).exec(source)?.[1] ?? "";
    expect(docstring).not.toBe("");
    const named = listCodes(/Refused with ([^.]*)\./.exec(docstring)?.[1] ?? "");
    expect(new Set(named)).toEqual(new Set(listRefusals(await loadContract(), operationId)));
  },
);

/** What is refused with by the operation's own state and rules; what can befall any call stands in the README. */
function listRefusals(contract: ContractDocument, operationId: string): readonly string[] {
  const operations = Object.values(contract.paths).flatMap((item) => Object.values(item));
  const responses =
    operations.find((operation) => operation.operationId === operationId)?.responses ?? {};
  const inText = [responses["409"], responses["422"]].flatMap((response) =>
    listCodes(response?.description ?? ""),
  );
  return [
    ...("404" in responses ? ["not_found"] : []),
    ...("412" in responses ? ["version_mismatch"] : []),
    ...("429" in responses ? ["rate_limited"] : []),
    ...inText.filter((code) => !code.startsWith("idempotency_key_")),
  ];
}

function listCodes(text: string): readonly string[] {
  return [...text.matchAll(/`([a-z_]+)`/g)].map(([, code = ""]) => code);
}
