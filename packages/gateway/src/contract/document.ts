import { readFileSync } from "node:fs";
import type { OperationId } from "./operation.ts";

export interface Parameter {
  readonly name: string;
  readonly in: "path" | "query" | "header";
  readonly required?: boolean;
  readonly schema: unknown;
}

export interface Operation {
  readonly id: OperationId;
  readonly method: string;
  readonly path: string;
  readonly parameters: readonly Parameter[];
  /** The media types that its body can have → JSON pointer of each one's schema within the document; empty where there is no body. */
  readonly bodies: ReadonlyMap<string, string>;
  readonly isBodyRequired: boolean;
  /** Status → JSON pointer of the answer's schema, or null where the answer is empty. */
  readonly replies: ReadonlyMap<
    number,
    { readonly mediaType: string; readonly pointer: string } | null
  >;
  /** The media types other than JSON that it answers with where `Accept` asks for them. */
  readonly documentTypes: readonly string[];
  /** Scheme → scopes; null: no key is needed. */
  readonly security: Readonly<Record<string, readonly string[]>> | null;
  readonly showsSecret: boolean;
  /** It needs no key and declares 429: how often it is carried out is limited, by client and in all. */
  readonly isRateLimited: boolean;
}

type Node = Readonly<Record<string, unknown>>;

/** The contract as text (answered at `/openapi.json`) and as the list of its operations. */
export interface Contract {
  readonly text: string;
  readonly document: Node;
  readonly operations: readonly Operation[];
}

const methods = ["get", "put", "post", "patch", "delete"];

let read: Contract | undefined;

/** The bundled document that `npm run generate` makes. A process reads it once. */
export function readContract(): Contract {
  return (read ??= readBundle());
}

function readBundle(): Contract {
  const text = readFileSync(new URL("../generated/openapi.json", import.meta.url), "utf8");
  const document = asNode(JSON.parse(text));
  const operations: Operation[] = [];
  for (const [path, item] of Object.entries(asNode(document["paths"]))) {
    for (const method of methods) {
      const operation = asNode(item)[method];
      if (operation !== undefined)
        operations.push(readOperation(document, path, method, asNode(item), asNode(operation)));
    }
  }
  return { text, document, operations };
}

function readOperation(
  document: Node,
  path: string,
  method: string,
  item: Node,
  operation: Node,
): Operation {
  const parameters = [...asList(item["parameters"]), ...asList(operation["parameters"])].map(
    (parameter) => resolve(document, parameter).node,
  );
  const body =
    operation["requestBody"] === undefined
      ? null
      : resolve(
          document,
          operation["requestBody"],
          pointerTo("paths", path, method, "requestBody"),
        );
  const replies = new Map<number, { mediaType: string; pointer: string } | null>();
  const documentTypes: string[] = [];
  for (const [status, reply] of Object.entries(asNode(operation["responses"]))) {
    const { node, pointer } = resolve(
      document,
      reply,
      pointerTo("paths", path, method, "responses", status),
    );
    const mediaTypes = Object.keys(asNode(node["content"] ?? {}));
    const mediaType = mediaTypes.find((name) => /[/+]json$/.test(name));
    if (mediaType === undefined && mediaTypes.length > 0)
      throw new Error(`${path} ${method} ${status} has no JSON beside ${mediaTypes.join(", ")}.`);
    documentTypes.push(...mediaTypes.filter((name) => name !== mediaType));
    replies.set(
      Number(status),
      mediaType === undefined
        ? null
        : { mediaType, pointer: pointer + pointerTo("content", mediaType, "schema") },
    );
  }
  const security = asList(operation["security"] ?? document["security"]);
  return {
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the types were generated from this very document
    id: operation["operationId"] as OperationId,
    method,
    path,
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the document has passed the contract lint
    parameters: parameters as unknown as readonly Parameter[],
    bodies: new Map(
      Object.keys(asNode(body?.node["content"] ?? {})).map((mediaType) => [
        mediaType,
        `${body?.pointer}${pointerTo("content", mediaType, "schema")}`,
      ]),
    ),
    isBodyRequired: body?.node["required"] === true,
    replies,
    documentTypes,
    security: security.length === 0 ? null : Object.assign({}, ...security),
    showsSecret: operation["x-evergate-shows-secret"] === true,
    isRateLimited: security.length === 0 && replies.has(429),
  };
}

/** Follows a `$ref`, if there is one, and answers the node and where it lies. */
function resolve(document: Node, node: unknown, pointer = ""): { node: Node; pointer: string } {
  const reference = asNode(node)["$ref"];
  if (typeof reference !== "string") return { node: asNode(node), pointer };
  let target: unknown = document;
  for (const part of reference.slice(2).split("/"))
    target = asNode(target)[part.replaceAll("~1", "/").replaceAll("~0", "~")];
  return { node: asNode(target), pointer: reference.slice(1) };
}

function pointerTo(...parts: readonly string[]): string {
  return parts.map((part) => `/${part.replaceAll("~", "~0").replaceAll("/", "~1")}`).join("");
}

function asNode(value: unknown): Node {
  if (typeof value !== "object" || value === null)
    throw new Error("The bundled contract is damaged: an object is missing. Run: npm run generate");
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- checked on the line above
  return value as Node;
}

function asList(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}
