import { resolve, toNode, type Json, type Node } from "./contract.ts";

type JsonType = "null" | "boolean" | "number" | "string" | "array" | "object";

export function typeOf(value: unknown): JsonType {
  if (value === null) return "null";
  if (Array.isArray(value)) return "array";
  const type = typeof value;
  if (type === "boolean" || type === "number" || type === "string" || type === "object")
    return type;
  throw new Error(`${type} is nothing that JSON has.`);
}

/** The schemas that a value can be judged by: the schema itself, or the branches of its choices. */
export function listBranches(schema: unknown): readonly Node[] {
  const node = resolve(schema);
  const choice = node["oneOf"] ?? node["anyOf"];
  return Array.isArray(choice) ? choice.flatMap(listBranches) : [node];
}

/** The JSON types that a schema accepts. */
export function listTypes(schema: unknown): ReadonlySet<JsonType> {
  return new Set(
    listBranches(schema).flatMap((node): readonly JsonType[] => {
      const types = [node["type"] ?? []].flat() as unknown as readonly (JsonType | "integer")[];
      if (types.length > 0) return types.map((type) => (type === "integer" ? "number" : type));
      const values = (node["enum"] ?? [node["const"]]) as readonly unknown[];
      return values.map(typeOf);
    }),
  );
}

/** The branch for values of this one's type. */
export function pickBranch(schema: unknown, value: Json): Node {
  const branches = listBranches(schema).filter((node) => listTypes(node).has(typeOf(value)));
  const fitting = branches.find(
    (node) =>
      typeOf(value) !== "object" ||
      Object.keys(value as object).every((name) => name in toNode(node["properties"] ?? {})),
  );
  const branch = fitting ?? branches[0];
  if (branch === undefined)
    throw new Error(`The contract's example ${JSON.stringify(value)} does not fit its schema.`);
  return branch;
}

/** The schema of an object's field or an array's item. */
export function schemaOf(branch: Node, name: string): unknown {
  return (
    branch["items"] ?? toNode(branch["properties"] ?? {})[name] ?? branch["additionalProperties"]
  );
}

/** Whether a schema takes a number, which it does where it is whole and within its bounds. */
export function isInRange(schema: unknown, value: number): boolean {
  return listBranches(schema).some(
    (node) =>
      listTypes(node).has("number") &&
      Number.isInteger(value) &&
      value >= Number(node["minimum"]) &&
      value <= Number(node["maximum"]),
  );
}
