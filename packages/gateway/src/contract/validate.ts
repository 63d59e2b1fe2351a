import { Ajv2020, type ErrorObject, type ValidateFunction } from "ajv/dist/2020.js";
import formats from "ajv-formats";
import type { Contract, Operation } from "./document.ts";

/** One thing wrong with a request: where (a JSON pointer into the body, or `/query/limit`, `/path/…`, `/header/…`) and what would be right. */
export interface Fault {
  readonly pointer: string;
  readonly detail: string;
}

/** Checks the input and the output of one operation. Validators are compiled when first needed. */
export interface OperationValidator {
  /** Coerces `values` of path, query or header in place and fills in defaults; answers what is wrong. */
  checkParameters(place: "path" | "query" | "header", values: Record<string, unknown>): readonly Fault[];
  /** Fills in defaults of the body in place; answers what is wrong. */
  checkBody(body: unknown): readonly Fault[];
  /** For tests: what of an answer is not as the contract declares it. */
  checkReply(status: number, body: unknown): readonly Fault[];
}

const documentId = "openapi.json";

/** More faults than these help nobody. */
const maximumFaults = 20;

export function createValidators(contract: Contract): (operation: Operation) => OperationValidator {
  const options = { allErrors: true, strict: false, useDefaults: true, verbose: true } as const;
  const bodies = new Ajv2020(options);
  const parameters = new Ajv2020({ ...options, coerceTypes: "array" });
  for (const ajv of [bodies, parameters]) {
    formats.default(ajv);
    ajv.addSchema(contract.document, documentId);
  }
  const compileAt = (pointer: string): ValidateFunction => bodies.compile({ $ref: `${documentId}#${encodePointer(pointer)}` });

  return (operation) => {
    const compiled = new Map<string, ValidateFunction>();
    const get = (key: string, compile: () => ValidateFunction): ValidateFunction => {
      let validate = compiled.get(key);
      if (validate === undefined) {
        validate = compile();
        compiled.set(key, validate);
      }
      return validate;
    };
    return {
      checkParameters(place, values) {
        const validate = get(place, () => parameters.compile(toParametersSchema(operation, place)));
        return validate(values) ? [] : toFaults(validate.errors, (pointer) => `/${place}${pointer}`);
      },
      checkBody(body) {
        const { bodyPointer } = operation;
        if (bodyPointer === null) return [];
        const validate = get("body", () => compileAt(bodyPointer));
        return validate(body) ? [] : toFaults(validate.errors, (pointer) => pointer);
      },
      checkReply(status, body) {
        const reply = operation.replies.get(status);
        if (reply === undefined) return [{ pointer: "", detail: `${operation.id} does not declare the status ${status}` }];
        if (reply === null) return body === undefined ? [] : [{ pointer: "", detail: `${operation.id} ${status} is declared empty` }];
        const validate = get(`reply ${status}`, () => compileAt(reply.pointer));
        return validate(body) ? [] : toFaults(validate.errors, (pointer) => pointer);
      },
    };
  };
}

function toParametersSchema(operation: Operation, place: string): object {
  const parameters = operation.parameters.filter((parameter) => parameter.in === place);
  // Header names are case-insensitive and reach us in lower case (RFC 9110, 5.1).
  const nameOf = (name: string): string => (place === "header" ? name.toLowerCase() : name);
  return {
    type: "object",
    properties: Object.fromEntries(
      parameters.map(({ name, schema }): [string, unknown] => [nameOf(name), JSON.parse(JSON.stringify(schema).replaceAll('"$ref":"#/', `"$ref":"${documentId}#/`))]),
    ),
    required: parameters.filter((parameter) => parameter.required === true).map(({ name }) => nameOf(name)),
    ...(place === "query" ? { additionalProperties: false } : {}),
  };
}

function encodePointer(pointer: string): string {
  return pointer.split("/").map(encodeURIComponent).join("/");
}

function toFaults(errors: readonly ErrorObject[] | null | undefined, name: (pointer: string) => string): readonly Fault[] {
  const list = errors ?? [];
  // What fails inside the branches of a choice is noise beside the choice itself.
  const choices = list.filter(({ keyword }) => keyword === "oneOf" || keyword === "anyOf").map(({ schemaPath, instancePath }) => ({ schemaPath, instancePath }));
  const isNoise = (error: ErrorObject): boolean =>
    choices.some(({ schemaPath, instancePath }) => error.schemaPath !== schemaPath && error.instancePath.startsWith(instancePath) && isInside(error, schemaPath));
  const faults = list.filter((error) => error.keyword !== "if" && !isNoise(error)).map((error) => toFault(error, name));
  const distinct = faults.filter(({ pointer, detail }, index) => faults.findIndex((other) => other.pointer === pointer && other.detail === detail) === index);
  return distinct.slice(0, maximumFaults);
}

/** Whether an error comes from a branch of the choice; a branch behind a `$ref` reports the path of the referred schema. */
function isInside(error: ErrorObject, schemaPath: string): boolean {
  return error.schemaPath.startsWith(`${schemaPath}/`) || !error.schemaPath.startsWith("#/") || error.schemaPath.startsWith("#/components") || schemaPath.startsWith(documentId);
}

function toFault(error: ErrorObject, name: (pointer: string) => string): Fault {
  const params: Record<string, unknown> = error.params;
  switch (error.keyword) {
    case "required":
      return { pointer: name(`${error.instancePath}/${escape(String(params["missingProperty"]))}`), detail: "is required" };
    case "additionalProperties":
    case "unevaluatedProperties":
      return {
        pointer: name(`${error.instancePath}/${escape(String(params["additionalProperty"] ?? params["unevaluatedProperty"]))}`),
        detail: "is not known here",
      };
    case "enum":
      return { pointer: name(error.instancePath), detail: `has to be one of: ${asList(params["allowedValues"]).map(String).join(", ")}` };
    case "const":
      return { pointer: name(error.instancePath), detail: `has to be ${JSON.stringify(params["allowedValue"])}` };
    case "false schema":
      return { pointer: name(error.instancePath), detail: "is not allowed together with the rest" };
    case "pattern":
    case "format":
    case "oneOf":
    case "anyOf":
    case "not":
      return { pointer: name(error.instancePath), detail: `${toSentence(error)}${toExample(error)}` };
    default:
      return { pointer: name(error.instancePath), detail: `${error.message ?? "is wrong"}${toExample(error)}` };
  }
}

function toSentence(error: ErrorObject): string {
  if (error.keyword === "pattern") return "does not have the right form";
  if (error.keyword === "format") return `is not a valid ${String(error.params["format"])}`;
  return "has none of the allowed forms";
}

/** "for example …", from the contract itself, where the schema has one. */
function toExample(error: ErrorObject): string {
  const schema: unknown = error.parentSchema;
  if (typeof schema !== "object" || schema === null) return "";
  const examples: unknown = Reflect.get(schema, "examples") ?? [Reflect.get(schema, "example")];
  const example: unknown = Array.isArray(examples) ? examples[0] : undefined;
  return example === undefined ? "" : `; for example ${JSON.stringify(example)}`;
}

function asList(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

function escape(name: string): string {
  return name.replaceAll("~", "~0").replaceAll("/", "~1");
}
