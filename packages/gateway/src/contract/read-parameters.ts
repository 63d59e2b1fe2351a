import type { Contract, Parameter } from "./document.ts";

/** More digits than any bound in the contract has; a number that JavaScript would round is too large for each of them. */
const wholeNumber = /^-?\d{1,20}$/;

/** Reads a parameter as it was sent; what is not written as its type asks stays as it is, and does not fit the contract. */
export type ReadParameter = (value: unknown) => unknown;

/**
 * How a parameter's text becomes a value. Only what is written in the usual way is read: `Number` would take a line
 * break for 0, `0x10` for 16 and `1e2` for 100, which nobody who sends them means.
 */
export function toReadParameter(contract: Contract, { schema }: Parameter): ReadParameter {
  switch (readType(contract, schema)) {
    case "integer":
      return (value) =>
        typeof value === "string" && wholeNumber.test(value) ? Number(value) : value;
    case "boolean":
      return (value) => (value === "true" ? true : value === "false" ? false : value);
    default:
      return (value) => value;
  }
}

/** The type that a schema names, also where it only refers to one. */
function readType(contract: Contract, schema: unknown): unknown {
  let node = schema;
  for (;;) {
    const reference = readMember(node, "$ref");
    if (typeof reference !== "string") return readMember(node, "type");
    node = reference.slice("#/".length).split("/").reduce<unknown>(readMember, contract.document);
  }
}

function readMember(node: unknown, name: string): unknown {
  return typeof node === "object" && node !== null ? Reflect.get(node, name) : undefined;
}
