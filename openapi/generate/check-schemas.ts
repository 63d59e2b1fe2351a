import type { Contract } from "./contract.ts";

type Schema = { readonly [keyword: string]: unknown };

const branches = ["oneOf", "anyOf", "allOf"];

/**
 * Fails unless every schema has its limits (the length of a text, the bounds of a number, the length of a list),
 * every field says what it is, and every schema of a request refuses unknown fields.
 */
export function checkSchemas(document: Contract): void {
  const faults: string[] = [];
  for (const [name, schema] of Object.entries(document.components.schemas)) {
    checkSchema(schema, name, faults);
    if (/(Input|Patch|Roll|Advance)$/.test(name)) checkClosed(schema, name, faults);
  }
  if (faults.length > 0) throw new Error(`Its schemas are not complete:\n${faults.join("\n")}`);
}

function checkSchema(schema: Schema, name: string, faults: string[]): void {
  const types = new Set([schema["type"]].flat());
  const isFixed = "const" in schema || "enum" in schema;
  if (types.has("string") && !isFixed && !("maxLength" in schema))
    faults.push(`${name} has no maxLength.`);
  if (types.has("integer") && !("minimum" in schema && "maximum" in schema))
    faults.push(`${name} has no minimum and maximum.`);
  if (types.has("array") && !("maxItems" in schema)) faults.push(`${name} has no maxItems.`);

  for (const [field, inner] of listFields(schema)) {
    if (!("$ref" in inner || "description" in inner))
      faults.push(`${name}.${field} has no description.`);
    checkSchema(inner, `${name}.${field}`, faults);
  }
  for (const [place, inner] of listInnerSchemas(schema))
    checkSchema(inner, `${name}.${place}`, faults);
}

function checkClosed(schema: Schema, name: string, faults: string[]): void {
  if (schema["type"] === "object" && schema["additionalProperties"] !== false)
    faults.push(`${name} does not refuse unknown fields (additionalProperties: false).`);
}

function listFields(schema: Schema): readonly (readonly [string, Schema])[] {
  return Object.entries((schema["properties"] ?? {}) as Record<string, Schema>);
}

function listInnerSchemas(schema: Schema): readonly (readonly [string, Schema])[] {
  const inBranches = branches.flatMap((branch) =>
    ((schema[branch] ?? []) as readonly Schema[]).map(
      (inner, at) => [`${branch}/${at}`, inner] as const,
    ),
  );
  const items = schema["items"] as Schema | undefined;
  return items === undefined ? inBranches : [...inBranches, ["items", items]];
}
