import { readContract, type Contract, type Operation } from "../contract/document.ts";

export type Json =
  | null
  | boolean
  | number
  | string
  | readonly Json[]
  | { readonly [name: string]: Json };
export type JsonObject = { readonly [name: string]: Json };
export type Node = Readonly<Record<string, unknown>>;

/** An operation with what the suites read of it beyond what the gateway needs. */
export interface DeclaredOperation extends Operation {
  /** Declared error status → its problem codes (`x-evergate-codes`). */
  readonly codes: ReadonlyMap<number, readonly string[]>;
  /** The examples of its request body, where that is JSON. */
  readonly bodyExamples: readonly { readonly name: string; readonly value: JsonObject }[];
  readonly bodySchema: Node | null;
  /** The example of its request body where that is text of another media type. */
  readonly textExample: string | null;
}

export const contract: Contract = readContract();

/** Every operation of the contract, in the contract's order. */
export const operations: readonly DeclaredOperation[] = contract.operations.map((operation) => {
  const node = toNode(toNode(toNode(contract.document["paths"])[operation.path])[operation.method]);
  const codes = Object.entries(toNode(node["responses"])).map(
    ([status, reply]): [number, readonly string[]] => [
      Number(status),
      (resolve(reply)["x-evergate-codes"] ?? []) as readonly string[],
    ],
  );
  const contents =
    node["requestBody"] === undefined ? {} : toNode(resolve(node["requestBody"])["content"]);
  const json = contents["application/json"];
  const content = json === undefined ? null : toNode(json);
  const [text] = Object.entries(contents).flatMap(([mediaType, other]) =>
    mediaType === "application/json" ? [] : listExamples(toNode(other)),
  );
  return {
    ...operation,
    codes: new Map(codes.filter(([, list]) => list.length > 0)),
    bodyExamples:
      content === null
        ? []
        : listExamples(content).map(({ name, value }) => ({ name, value: value as JsonObject })),
    bodySchema: content === null ? null : resolve(content["schema"]),
    textExample: text === undefined ? null : String(text.value),
  };
});

/** Operations whose query pages through a list. */
export const listOperations: readonly DeclaredOperation[] = operations.filter(
  ({ parameters }) =>
    parameters.some(({ name }) => name === "after") &&
    parameters.some(({ name }) => name === "limit"),
);

/** Every document that an operation declares beside JSON. */
export const documents: readonly {
  readonly id: string;
  readonly mediaType: string;
  readonly operation: DeclaredOperation;
}[] = operations.flatMap((operation) =>
  operation.documentTypes.map((mediaType) => ({ id: operation.id, mediaType, operation })),
);

export function getOperation(id: string): DeclaredOperation {
  const operation = operations.find((candidate) => candidate.id === id);
  if (operation === undefined) throw new Error(`The contract has no operation ${id}.`);
  return operation;
}

/** The examples of a media type or a parameter, named or not. */
export function listExamples(
  holder: Node,
): readonly { readonly name: string; readonly value: unknown }[] {
  if (holder["example"] !== undefined) return [{ name: "example", value: holder["example"] }];
  return Object.entries(toNode(holder["examples"] ?? {})).map(([name, example]) => ({
    name,
    value: resolve(example)["value"],
  }));
}

/** Follows `$ref` until a node stands there itself. What stands beside a reference (a description) is left out. */
export function resolve(node: unknown): Node {
  let current = toNode(node);
  for (
    let reference = current["$ref"];
    typeof reference === "string";
    reference = current["$ref"]
  ) {
    let target: unknown = contract.document;
    for (const part of reference.slice(2).split("/"))
      target = toNode(target)[part.replaceAll("~1", "/").replaceAll("~0", "~")];
    current = toNode(target);
  }
  return current;
}

export function toNode(value: unknown): Node {
  if (typeof value !== "object" || value === null)
    throw new Error("The contract is not as the suites expect it: an object is missing.");
  return value as Node;
}
