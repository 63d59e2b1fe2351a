import Negotiator from "negotiator";
import type { Operation } from "../contract/document.ts";
import { ProblemError } from "./problem.ts";

const json = "application/json";

/** What a media type is called in full where it is sent; whoever asks may leave the parameters out. */
const fullNames: Readonly<Record<string, string>> = {
  "text/csv": "text/csv; charset=utf-8; header=present",
};

/** The `Content-Type` of a document. */
export function toContentType(mediaType: string): string {
  return fullNames[mediaType] ?? mediaType;
}

/**
 * The media type of the answer, chosen by `Accept` (RFC 9110, 12.5.1); JSON where nothing is said or all are liked alike.
 * An operation that has JSON only doesn't ask. Throws `not_acceptable` where none will do.
 */
export function negotiate(operation: Operation, accept: string | undefined): string {
  if (operation.documentTypes.length === 0 || accept === undefined || accept.trim() === "")
    return json;
  const offered = new Map(
    // JSON has no parameters, but some name its charset all the same.
    [json, ...operation.documentTypes].map((name) => [
      name === json ? "application/json; charset=utf-8" : toContentType(name),
      name,
    ]),
  );
  const chosen = new Negotiator({ headers: { accept } }).mediaType([...offered.keys()]);
  const mediaType = chosen === undefined ? undefined : offered.get(chosen);
  if (mediaType === undefined)
    throw new ProblemError(
      "not_acceptable",
      `${operation.id} answers ${listInWords([...offered.values()])}; Accept allows none of them.`,
    );
  return mediaType;
}

function listInWords(names: readonly string[]): string {
  return `${names.slice(0, -1).join(", ")} or ${names.at(-1) ?? ""}`;
}
