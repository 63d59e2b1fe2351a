import type { ErrorObject } from "ajv/dist/2020.js";
import { describeError } from "./describe-error.ts";

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
  const meant = pickMeant((errors ?? []).slice(0, maximumErrors));
  const reported = meant
    .filter(({ keyword }) => keyword !== "if" && keyword !== "propertyNames")
    // Why each item is not the one that a list has to contain: that it is missing is told of the list.
    .filter(
      ({ parentSchema }) =>
        !meant.some(({ keyword, schema }) => keyword === "contains" && schema === parentSchema),
    );
  const told = new Map<string, ErrorObject>();
  for (const error of reported) {
    const pointer = name(toPlace(error));
    const other = told.get(pointer);
    if (other === undefined || rankOf(error) < rankOf(other)) told.set(pointer, error);
  }
  return [...told].slice(0, maximumFaults).map(([pointer, error]) => ({
    pointer:
      pointer.length > maximumPointerLength
        ? `${pointer.slice(0, maximumPointerLength)}…`
        : pointer,
    detail: describeError(error),
  }));
}

/** Of several errors at one place the first of these is told; the others say the same less well, or follow from it. */
const ranks: readonly string[] = ["false schema", "type", "enum", "const", "minLength"];

function rankOf({ keyword }: ErrorObject): number {
  const rank = ranks.indexOf(keyword);
  return rank === -1 ? ranks.length : rank;
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
    const branchCount = toBranchCount(error);
    const isOfMistyped = (other: ErrorObject): boolean =>
      mistyped.some(({ parentSchema }) => parentSchema === other.parentSchema);
    const isMeant =
      branchCount - mistyped.length === 1 &&
      kept.some((other) => isInside(other) && !isOfMistyped(other));
    if (isMeant) kept = kept.filter((other) => !isInside(other) || !isOfMistyped(other));
    else
      kept = [
        ...kept.filter((other) => !isInside(other)),
        branchCount === mistyped.length
          ? toTypeError(error, mistyped)
          : toListError(error, kept.filter(isInside)),
      ];
  }
  return kept;
}

/** No branch takes values of this type: then their types say what would be right. */
function toTypeError(choice: ErrorObject, mistyped: readonly ErrorObject[]): ErrorObject {
  const types = mistyped.flatMap(({ params }): unknown => params["type"]);
  return { ...choice, keyword: "type", params: { type: types } };
}

/** Each branch is a list of values: then together they are one. */
function toListError(choice: ErrorObject, branches: readonly ErrorObject[]): ErrorObject {
  const lists = branches.filter(({ keyword }) => keyword === "enum");
  if (lists.length !== toBranchCount(choice)) return choice;
  const allowedValues = lists.flatMap(({ params }): unknown => params["allowedValues"]);
  return { ...choice, keyword: "enum", params: { allowedValues } };
}

function toBranchCount({ schema }: ErrorObject): number {
  return Array.isArray(schema) ? schema.length : 0;
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

function escape(name: string): string {
  return name.replaceAll("~", "~0").replaceAll("/", "~1");
}
