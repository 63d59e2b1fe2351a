import { Ajv2020, type ValidateFunction } from "ajv/dist/2020.js";
import formats from "ajv-formats";
import type { Contract, Operation, Parameter } from "./document.ts";
import { toReadParameter, type ReadParameter } from "./read-parameters.ts";
import { toFaults, type Fault } from "./to-faults.ts";

export type { Fault };

/** Checks the input and the output of one operation. Validators are compiled when first needed. */
export interface OperationValidator {
  /** Reads numbers and booleans of path, query or header in place and fills in defaults; answers what is wrong. */
  checkParameters(place: Parameter["in"], values: Record<string, unknown>): readonly Fault[];
  /** Fills in defaults of the body in place; answers what is wrong. The media type is one of the operation's. */
  checkBody(body: unknown, mediaType: string): readonly Fault[];
  /** For tests: what of an answer is not as the contract declares it. */
  checkReply(status: number, body: unknown): readonly Fault[];
}

const documentId = "openapi.json";

const made = new WeakMap<Contract, ReadonlyMap<Operation, OperationValidator>>();

/** The validators of a contract's operations. A process makes them once, however many gateways it has. */
export function validatorsOf(contract: Contract): ReadonlyMap<Operation, OperationValidator> {
  let validators = made.get(contract);
  if (validators === undefined) {
    const create = createValidators(contract);
    validators = new Map(contract.operations.map((operation) => [operation, create(operation)]));
    made.set(contract, validators);
  }
  return validators;
}

function createValidators(contract: Contract): (operation: Operation) => OperationValidator {
  // The contract lint has checked the schemas themselves; to do it again takes a fifth of the start.
  const options = {
    strict: false,
    useDefaults: true,
    verbose: true,
    validateSchema: false,
  } as const;
  const bodies = addContract(new Ajv2020(options), contract);
  const thorough = addContract(new Ajv2020({ ...options, allErrors: true }), contract);
  const compileAt = (ajv: Ajv2020, pointer: string): ValidateFunction =>
    ajv.compile({ $ref: `${documentId}#${encodePointer(pointer)}` });

  return (operation) => {
    const readers = {
      path: listReaders(contract, operation, "path"),
      query: listReaders(contract, operation, "query"),
      header: listReaders(contract, operation, "header"),
    };
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
        const validate = get(place, () => thorough.compile(toParametersSchema(operation, place)));
        for (const [name, read] of readers[place])
          if (Object.hasOwn(values, name)) values[name] = read(values[name]);
        return validate(values)
          ? []
          : toFaults(validate.errors, (pointer) => `/${place}${pointer}`);
      },
      checkBody(body, mediaType) {
        const bodyPointer = operation.bodies.get(mediaType);
        if (bodyPointer === undefined) throw new Error(`${operation.id} takes no ${mediaType}.`);
        const validate = get(mediaType, () => compileAt(bodies, bodyPointer));
        if (validate(body)) return [];
        if (isWide(body)) return toFaults(validate.errors, (pointer) => pointer);
        const findAll = get(`${mediaType}, all faults`, () => compileAt(thorough, bodyPointer));
        findAll(body);
        return toFaults(findAll.errors, (pointer) => pointer);
      },
      checkReply(status, body) {
        const reply = operation.replies.get(status);
        if (reply === undefined)
          return [{ pointer: "", detail: `${operation.id} does not declare the status ${status}` }];
        if (reply === null)
          return body === undefined
            ? []
            : [{ pointer: "", detail: `${operation.id} ${status} is declared empty` }];
        const validate = get(`reply ${status}`, () => compileAt(thorough, reply.pointer));
        return validate(body) ? [] : toFaults(validate.errors, (pointer) => pointer);
      },
    };
  };
}

function addContract(ajv: Ajv2020, contract: Contract): Ajv2020 {
  ajv.removeKeyword("uniqueItems");
  ajv.addKeyword({
    keyword: "uniqueItems",
    type: "array",
    schemaType: "boolean",
    validate: areTextsUnique,
    error: { message: "must have each item once" },
  });
  formats.default(ajv);
  ajv.addSchema(contract.document, documentId);
  return ajv;
}

/** The parameters of one place by their names as they come. Those of headers are in lower case (RFC 9110, 5.1). */
function listParameters(
  operation: Operation,
  place: Parameter["in"],
): readonly (readonly [string, Parameter])[] {
  return operation.parameters
    .filter((parameter) => parameter.in === place)
    .map((parameter) => [
      place === "header" ? parameter.name.toLowerCase() : parameter.name,
      parameter,
    ]);
}

function listReaders(
  contract: Contract,
  operation: Operation,
  place: Parameter["in"],
): readonly (readonly [string, ReadParameter])[] {
  return listParameters(operation, place).map(([name, parameter]) => [
    name,
    toReadParameter(contract, parameter),
  ]);
}

function toParametersSchema(operation: Operation, place: Parameter["in"]): object {
  const parameters = listParameters(operation, place);
  return {
    type: "object",
    properties: Object.fromEntries(
      parameters.map(([name, { schema }]): [string, unknown] => [
        name,
        JSON.parse(JSON.stringify(schema).replaceAll('"$ref":"#/', `"$ref":"${documentId}#/`)),
      ]),
    ),
    required: parameters.filter(([, { required }]) => required === true).map(([name]) => name),
    ...(place === "query" ? { additionalProperties: false } : {}),
  };
}

function encodePointer(pointer: string): string {
  return pointer.split("/").map(encodeURIComponent).join("/");
}

/** More items or fields than the contract allows anywhere in a request. */
const greatestWidth = 200;

/**
 * Whether something in the body is so wide that looking for all its faults would take time without end: Ajv joins the
 * errors of every item to those before, which took a minute for a mebibyte of small items. Then the first fault has to do.
 */
function isWide(body: unknown): boolean {
  const waiting: unknown[] = [body];
  while (waiting.length > 0) {
    const value = waiting.pop();
    if (typeof value !== "object" || value === null) continue;
    const items: readonly unknown[] = Array.isArray(value) ? value : Object.values(value);
    if (items.length > greatestWidth) return true;
    waiting.push(...items);
  }
  return false;
}

/**
 * Ajv compares each item with each, as deep as they are. The contract's unique lists are of texts; what else stands in
 * one is refused for its type.
 */
function areTextsUnique(isAsked: boolean, items: readonly unknown[]): boolean {
  if (!isAsked) return true;
  const texts = items.filter((item) => typeof item === "string");
  return new Set(texts).size === texts.length;
}
