import type { ErrorObject } from "ajv/dist/2020.js";

/** One thing wrong with a request: where (a JSON pointer into the body, or `/query/limit`, `/path/…`, `/header/…`) and what would be right. */
export interface Fault {
  readonly pointer: string;
  readonly detail: string;
}

/** More faults than these help nobody. */
const maximumFaults = 20;

/** A body of a mebibyte can have a hundred thousand errors. Further ones are not looked at: what follows compares each with each. */
const maximumErrors = 400;

/** Names in a pointer are the caller's, and may be as long as a body. The contract's own are shorter. */
const maximumPointerLength = 300;

/** Ajv's errors as faults; `name` turns a place in the checked value into a pointer of the request. */
export function toFaults(
  errors: readonly ErrorObject[] | null | undefined,
  name: (pointer: string) => string,
): readonly Fault[] {
  const faults = pickMeant((errors ?? []).slice(0, maximumErrors))
    .filter(({ keyword }) => keyword !== "if" && keyword !== "propertyNames")
    .map((error) => toFault(error, name));
  const distinct = faults.filter(
    ({ pointer, detail }, index) =>
      faults.findIndex((other) => other.pointer === pointer && other.detail === detail) === index,
  );
  return distinct.slice(0, maximumFaults);
}

/**
 * Ajv reports every branch of a choice and then the choice. Where only one branch is for values of this type, it is the
 * one that was meant, and its errors say best what is wrong; otherwise the choice does. Choices come innermost first.
 */
function pickMeant(errors: readonly ErrorObject[]): readonly ErrorObject[] {
  let kept: ErrorObject[] = [];
  for (const error of errors) {
    if (error.keyword !== "oneOf" && error.keyword !== "anyOf") {
      kept.push(error);
      continue;
    }
    const place = error.instancePath;
    const isInside = (other: ErrorObject): boolean =>
      (other.instancePath === place || other.instancePath.startsWith(`${place}/`)) &&
      other.parentSchema !== error.parentSchema;
    const mistyped = kept.filter(
      (other) => isInside(other) && other.keyword === "type" && other.instancePath === place,
    );
    const branchCount = Array.isArray(error.schema) ? error.schema.length : 0;
    const isOfMistyped = (other: ErrorObject): boolean =>
      mistyped.some(({ parentSchema }) => parentSchema === other.parentSchema);
    const isMeant =
      branchCount - mistyped.length === 1 &&
      kept.some((other) => isInside(other) && !isOfMistyped(other));
    if (isMeant) kept = kept.filter((other) => !isInside(other) || !isOfMistyped(other));
    else
      kept = [
        ...kept.filter((other) => !isInside(other)),
        branchCount === mistyped.length ? toTypeError(error, mistyped) : error,
      ];
  }
  return kept;
}

/** No branch takes values of this type: then their types say what would be right. */
function toTypeError(choice: ErrorObject, mistyped: readonly ErrorObject[]): ErrorObject {
  const types = new Set(mistyped.map(({ params }) => String(params["type"])));
  return { ...choice, keyword: "type", message: `must be ${[...types].join(" or ")}` };
}

function toFault(error: ErrorObject, name: (pointer: string) => string): Fault {
  const pointer = name(toPlace(error));
  return {
    pointer:
      pointer.length > maximumPointerLength
        ? `${pointer.slice(0, maximumPointerLength)}…`
        : pointer,
    detail: toDetail(error),
  };
}

function toPlace({ keyword, instancePath, params, propertyName }: ErrorObject): string {
  const names: Record<string, unknown> = params;
  if (keyword === "required") return `${instancePath}/${escape(String(names["missingProperty"]))}`;
  if (keyword === "additionalProperties")
    return `${instancePath}/${escape(String(names["additionalProperty"]))}`;
  if (keyword === "unevaluatedProperties")
    return `${instancePath}/${escape(String(names["unevaluatedProperty"]))}`;
  return propertyName === undefined ? instancePath : `${instancePath}/${escape(propertyName)}`;
}

function toDetail(error: ErrorObject): string {
  const params: Record<string, unknown> = error.params;
  switch (error.keyword) {
    case "required":
      return "is required";
    case "additionalProperties":
    case "unevaluatedProperties":
      return "is not known here";
    case "enum":
      return toChoice(asList(params["allowedValues"]), error);
    case "const":
      return `has to be ${JSON.stringify(params["allowedValue"])}`;
    case "false schema":
      return "is not allowed together with the rest";
    case "pattern":
      return `${error.propertyName === undefined ? "does not have the right form" : "is not a name that can be used here"}${toExample(error)}`;
    case "format":
      return `is not a valid ${String(params["format"])}${toExample(error)}`;
    case "oneOf":
    case "anyOf":
    case "not":
      return `has none of the allowed forms${toExample(error)}`;
    default:
      return `${error.message ?? "is wrong"}${toExample(error)}`;
  }
}

/** So many values are read by people; a longer list would not fit into an answer either. */
const maximumChoices = 60;

function toChoice(values: readonly unknown[], error: ErrorObject): string {
  return values.length > maximumChoices
    ? `is none of the ${values.length} values that the contract lists${toExample(error)}`
    : `has to be one of: ${values.map(String).join(", ")}`;
}

/** "for example …" from the contract itself, or what it says of the value in words. */
function toExample({ parentSchema, propertyName }: ErrorObject): string {
  const schema: Record<string, unknown> = parentSchema ?? {};
  const examples = schema["examples"] ?? [schema["example"]];
  const example: unknown = Array.isArray(examples) ? examples[0] : undefined;
  if (example !== undefined) return `; for example ${JSON.stringify(example)}`;
  const description = schema["description"];
  return typeof description === "string" && propertyName === undefined
    ? `: ${description.replace(/\.$/, "")}`
    : "";
}

function asList(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

function escape(name: string): string {
  return name.replaceAll("~", "~0").replaceAll("/", "~1");
}
