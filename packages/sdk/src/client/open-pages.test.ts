import { expect, test } from "vitest";
import { Evergate, EvergateError } from "../index.ts";
import { answerJson, reset, startServer } from "../testing/start-server.ts";

const pageOf = (names: readonly string[], nextCursor: string | null) =>
  answerJson(200, { data: names.map((name) => ({ name })), nextCursor });

async function collect(
  names: string[],
  list: AsyncIterable<{ readonly name: string }>,
): Promise<void> {
  for await (const { name } of list) names.push(name);
}

test("a walk asks for a page when it is needed, with the same filters, and no page twice", async () => {
  const server = await startServer(pageOf(["a", "b"], "c1"), pageOf([], "c2"), pageOf(["c"], null));
  const { products } = new Evergate({ apiKey: "evg_test", baseUrl: server.baseUrl });
  const list = products.list({ limit: 2, after: undefined });
  for await (const { name } of list) {
    if (name === "b") break;
  }
  expect(server.seen).toHaveLength(1);
  const names: string[] = [];
  await collect(names, list);
  expect(names).toEqual(["a", "b", "c"]);
  expect(server.seen.map(({ url }) => url)).toEqual([
    "/v1/products?limit=2",
    "/v1/products?limit=2&after=c1",
    "/v1/products?limit=2&after=c2",
  ]);
});

test("a failure on the way ends the walk after what came before it", async () => {
  const server = await startServer(pageOf(["a"], "c1"), reset);
  const { products } = new Evergate({ apiKey: "evg_test", baseUrl: server.baseUrl, maxRetries: 0 });
  const names: string[] = [];
  await expect(collect(names, products.list())).rejects.toMatchObject({
    name: "ConnectionError",
    operation: "listProducts",
  });
  expect(names).toEqual(["a"]);
});

test("a page that points to itself ends the walk with an error instead of never", async () => {
  const server = await startServer(pageOf(["a"], "c1"));
  const { products } = new Evergate({ apiKey: "evg_test", baseUrl: server.baseUrl });
  await expect(collect([], products.list())).rejects.toBeInstanceOf(EvergateError);
  expect(server.seen).toHaveLength(2);
});

test("only the options whose headers an operation reads are there to be given", () => {
  const write = ({ products, subscriptions }: Evergate): unknown => [
    subscriptions.resume("sub_1", {
      ifMatch: 4,
      actor: "Eva",
      partner: "partner_1",
      idempotencyKey: "k",
    }),
    // @ts-expect-error -- a product has no version
    products.update("prod_1", {}, { ifMatch: 4 }),
    // @ts-expect-error -- the catalogue is no partner's
    products.list({}, { partner: "partner_1" }),
    // @ts-expect-error -- what reads is not carried out
    subscriptions.get("sub_1", {}, { idempotencyKey: "k" }),
  ];
  expect(write).toBeTypeOf("function");
});
