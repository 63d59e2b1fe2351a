import type { Operation } from "../contract/document.ts";
import type { Fault } from "../contract/validate.ts";

const exercised = new Set<string>();

/** From now on only what is then seen counts: a worker may have run other files before. */
export function forgetExercised(): void {
  exercised.clear();
}

/** Which declared answers the tests of this file have seen so far: `getBill 404`, `getBill 200 text/csv` and so on. */
export function listExercised(): ReadonlySet<string> {
  return exercised;
}

/** Fails the request (and so its test) when an answer is not as the contract declares it. */
export function checkReply(
  operation: Operation,
  { status, mediaType }: { readonly status: number; readonly mediaType: string | null },
  faults: readonly Fault[],
): void {
  if (faults.length > 0)
    throw new Error(
      `${operation.id} ${status} breaks the contract: ${faults.map(({ pointer, detail }) => `${pointer} ${detail}`).join("; ")}`,
    );
  const isDocument = mediaType !== null && operation.documentTypes.includes(mediaType);
  exercised.add(`${operation.id} ${status}${isDocument ? ` ${mediaType}` : ""}`);
}
