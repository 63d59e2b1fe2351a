import type { ErrorObject } from "ajv/dist/2020.js";
import { findNear } from "./find-near.ts";

/** What would be right, in words for people who have never heard of JSON Schema. */
export function describeError(error: ErrorObject): string {
  const { params, parentSchema, data }: { params: Params; parentSchema?: Params; data?: unknown } =
    error;
  switch (error.keyword) {
    case "required":
      return "is required";
    case "additionalProperties":
    case "unevaluatedProperties":
      return describeUnknown(
        params["additionalProperty"] ?? params["unevaluatedProperty"],
        parentSchema,
      );
    case "enum":
      return describeChoice(toList(params["allowedValues"]), data, error);
    case "const":
      return `has to be ${JSON.stringify(params["allowedValue"])}`;
    case "type":
      return `has to be ${describeTypes(params["type"])}${toExample(error)}`;
    case "false schema":
      return "is not allowed together with the rest";
    case "pattern":
      return error.propertyName === undefined
        ? `does not have the right form${toHint(error)}`
        : `is not a name that can be used here${toHint(error)}`;
    case "format":
      return `is not a valid ${String(params["format"])}${toHint(error)}`;
    case "oneOf":
    case "anyOf":
    case "not":
      return `has none of the allowed forms${toHint(error)}`;
    case "uniqueItems":
      return `must have each item once${toExample(error)}`;
    case "contains":
      return `has to contain ${JSON.stringify(toNode(error.schema)["const"])}${toExample(error)}`;
    default: {
      const bound = describeBound(error.keyword, params["limit"] ?? params["multipleOf"]);
      return `${bound ?? "does not fit the contract"}${toExample(error)}`;
    }
  }
}

type Params = Readonly<Record<string, unknown>>;

/** A list of more, or a longer one, is not read, and does not fit into an answer either. */
const maximumChoices = 60;
const maximumChoicesLength = 500;

function describeChoice(values: readonly unknown[], given: unknown, error: ErrorObject): string {
  const texts = values.map(String);
  const list = texts.join(", ");
  const isShort = values.length <= maximumChoices && list.length <= maximumChoicesLength;
  if (isShort) return `has to be one of: ${list}`;
  const nearest = typeof given === "string" ? findNear(given, texts) : undefined;
  return `is none of the ${values.length} values that the contract lists${nearest === undefined ? toExample(error) : `; did you mean ${nearest}?`}`;
}

function describeUnknown(name: unknown, parentSchema: Params | undefined): string {
  const nearest = findNear(String(name), Object.keys(toNode(parentSchema?.["properties"])));
  return `is not known here${nearest === undefined ? "" : `; did you mean ${nearest}?`}`;
}

const typeNames: Readonly<Record<string, string>> = {
  string: "a text",
  integer: "a whole number",
  number: "a number",
  boolean: "true or false",
  object: "an object",
  array: "a list",
};

/** Ajv names several types as a list, or joined by commas. */
function describeTypes(types: unknown): string {
  const names = Array.isArray(types) ? types.map(String) : String(types).split(",");
  return [...new Set(names)].map((name) => typeNames[name] ?? name).join(" or ");
}

/** By keyword: how a bound is said. */
function describeBound(keyword: string, limit: unknown): string | undefined {
  const of = (unit: string): string => `${String(limit)} ${unit}${limit === 1 ? "" : "s"}`;
  switch (keyword) {
    case "minLength":
      return limit === 1 ? "must not be empty" : `has to have at least ${of("character")}`;
    case "maxLength":
      return `can have at most ${of("character")}`;
    case "minItems":
      return limit === 1 ? "must not be empty" : `has to have at least ${of("item")}`;
    case "maxItems":
      return `can have at most ${of("item")}`;
    case "minProperties":
      return `has to have at least ${of("field")}`;
    case "maxProperties":
      return `can have at most ${of("field")}`;
    case "minimum":
      return `has to be at least ${String(limit)}`;
    case "maximum":
      return `has to be at most ${String(limit)}`;
    case "exclusiveMinimum":
      return `has to be more than ${String(limit)}`;
    case "exclusiveMaximum":
      return `has to be less than ${String(limit)}`;
    case "multipleOf":
      return `has to be a multiple of ${String(limit)}`;
    default:
      return undefined;
  }
}

/** "for example …" from the contract itself. */
function toExample({ parentSchema, propertyName }: ErrorObject): string {
  const schema = toNode(parentSchema);
  const examples = schema["examples"] ?? [schema["example"]];
  const example: unknown = Array.isArray(examples) ? examples[0] : undefined;
  return example === undefined || propertyName !== undefined
    ? ""
    : `; for example ${JSON.stringify(example)}`;
}

/** An example, or what the contract says of the value in words. */
function toHint(error: ErrorObject): string {
  const description = toNode(error.parentSchema)["description"];
  return (
    toExample(error) ||
    (typeof description === "string" ? `: ${description.replace(/\.$/, "")}` : "")
  );
}

function toList(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

function toNode(value: unknown): Params {
  return typeof value === "object" && value !== null ? { ...value } : {};
}
