import type { Contract } from "../contract/document.ts";

type Node = Readonly<Record<string, unknown>>;

/**
 * The contract as the pages show it. It says the same, with two differences for those who try things out there:
 * optional parameters keep their examples but aren't sent until they are ticked (nobody wants to act as the example's
 * person, or to repeat the example's idempotency key), and the document itself is linked at the top.
 */
export function prepareDocument({ document }: Contract): Node {
  const info = asNode(document["info"]);
  const prepared = prepare(document, document);
  return {
    ...asNode(prepared),
    info: {
      ...info,
      description: `The contract as one document: [openapi.json](/openapi.json)\n\n${typeof info["description"] === "string" ? info["description"] : ""}`,
    },
  };
}

function prepare(value: unknown, document: Node): unknown {
  if (Array.isArray(value)) return value.map((entry: unknown) => prepare(entry, document));
  if (typeof value !== "object" || value === null) return value;
  const node = Object.fromEntries(
    Object.entries(value).map(([name, part]) => [name, prepare(part, document)]),
  );
  return isOptionalParameter(node) ? untick(node, document) : node;
}

function isOptionalParameter(node: Node): boolean {
  return (
    typeof node["name"] === "string" &&
    (node["in"] === "query" || node["in"] === "header") &&
    node["required"] !== true &&
    "schema" in node
  );
}

/**
 * Scalar sends an optional parameter from the start where it, or its schema, has a plain example;
 * one among named examples that is marked "x-disabled" is only shown.
 */
function untick(parameter: Node, document: Node): Node {
  const { example, schema, ...rest } = parameter;
  const { example: ofSchema, examples, ...plain } = followReference(asNode(schema), document);
  const value: unknown = example ?? (Array.isArray(examples) ? examples[0] : ofSchema);
  return {
    ...rest,
    schema: plain,
    ...(value === undefined ? {} : { examples: { example: { value, "x-disabled": true } } }),
  };
}

function followReference(schema: Node, document: Node): Node {
  const reference = schema["$ref"];
  if (typeof reference !== "string") return schema;
  let target: unknown = document;
  for (const name of reference.slice(2).split("/")) target = asNode(target)[name];
  return asNode(target);
}

function asNode(value: unknown): Node {
  if (typeof value !== "object" || value === null) return {};
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- checked on the line above
  return value as Node;
}
