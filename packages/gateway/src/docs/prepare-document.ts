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
      description: `The contract as one document: [openapi.json](/openapi.json)\n\n${String(info["description"] ?? "")}`,
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

/** Scalar reads "x-disabled" of a parameter's example: shown, and not sent. */
function untick(parameter: Node, document: Node): Node {
  const { example, ...rest } = parameter;
  const value = example ?? findExample(asNode(parameter["schema"]), document);
  return { ...rest, examples: { example: { value, "x-disabled": true } } };
}

function findExample(schema: Node, document: Node): unknown {
  const reference = schema["$ref"];
  const target =
    typeof reference === "string"
      ? reference
          .slice(2)
          .split("/")
          .reduce<unknown>((node, name) => asNode(node)[name], document)
      : schema;
  const { examples, example } = asNode(target);
  return Array.isArray(examples) ? examples[0] : (example ?? "");
}

function asNode(value: unknown): Node {
  if (typeof value !== "object" || value === null) return {};
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- checked on the line above
  return value as Node;
}
