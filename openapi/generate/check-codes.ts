import { type Answer, type Contract, findAnswer, listOperations, listValues } from "./contract.ts";

/** What no operation declares: a fault of the gateway is not a part of what it promises, and another method is no operation. */
const undeclared: ReadonlySet<string> = new Set(["internal_error", "method_not_allowed"]);

/**
 * Fails unless the problem codes agree wherever they stand: the enumeration ProblemCode, the table in description.md,
 * the example of each code, and the answers of the operations.
 */
export function checkCodes(document: Contract): void {
  const codes = listValues(document, "ProblemCode");
  const table = readTable(document.info.description);
  if (codes.join() !== [...table.keys()].join())
    throw new Error(
      "The table of codes in description.md is not that of schemas/ProblemCode.yaml.",
    );

  const used = new Set<string>();
  for (const { operation } of listOperations(document)) {
    for (const [status, reference] of Object.entries(operation.responses)) {
      if (Number(status) < 400) continue;
      const answer = findAnswer(document, reference);
      const listed = answer["x-evergate-codes"] ?? [];
      checkAnswer(`${operation.operationId} ${status}`, answer, listed);
      for (const code of listed) {
        used.add(code);
        if (table.get(code) !== Number(status))
          throw new Error(
            `${operation.operationId} lists ${code} with ${status}, the table with ${table.get(code) ?? "none"}.`,
          );
      }
    }
  }
  for (const code of codes) {
    if (undeclared.has(code)) continue;
    if (!used.has(code)) throw new Error(`No operation lists the code ${code}.`);
    checkExample(document, code, table.get(code));
  }
}

/** The table's codes with their statuses, from rows such as "| `not_found` | 404 | … |". */
function readTable(text: string): ReadonlyMap<string, number> {
  const rows = text.matchAll(/^\|\s*`([a-z_]+)`\s*\|\s*(\d{3})\s*\|/gm);
  return new Map([...rows].map(([, code, status]) => [String(code), Number(status)]));
}

/** The codes listed have to be those that the answer's examples show, and those that its description names, if any. */
function checkAnswer(name: string, answer: Answer, listed: readonly string[]): void {
  if (listed.length === 0) throw new Error(`${name} lists no x-evergate-codes.`);
  const shown = Object.keys(answer.content?.["application/problem+json"]?.examples ?? {});
  if (shown.join() !== listed.join())
    throw new Error(`The examples of ${name} are not those of its x-evergate-codes, in order.`);
  const named = [...answer.description.matchAll(/`([a-z]+(?:_[a-z]+)+)`/g)].map(([, code]) => code);
  if (named.length > 0 && named.join() !== listed.join())
    throw new Error(`The description of ${name} does not name its x-evergate-codes, in order.`);
}

function checkExample(document: Contract, code: string, status: number | undefined): void {
  const example = document.components.examples[code]?.value as
    | { readonly code: string; readonly status: number; readonly type: string }
    | undefined;
  if (
    example?.code !== code ||
    example.status !== status ||
    example.type !== `urn:evergate:problem:${code}`
  )
    throw new Error(`examples/problems/${code}.yaml does not fit its code.`);
}
