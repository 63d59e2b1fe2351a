import type { ReceiptReport } from "./decide-receipt.ts";

/** As long as the contract lets a detail be. */
const maximumDetail = 500;

/**
 * The report in an endpoint's answer to a delivery, `{"receipt":{"status":"applied","detail":"…"}}`, among whatever else
 * the answer says; null where it has none. `text` is the beginning of the answer: one that is longer is no JSON.
 */
export function readAnswer(text: string | null): ReceiptReport | null {
  // Most answers have nothing to say; none of those is worth parsing.
  if (text === null || !text.includes('"receipt"')) return null;
  const receipt = readMember(parse(text), "receipt");
  const status = readMember(receipt, "status");
  if (status !== "applied" && status !== "rejected") return null;
  return { status, detail: readDetail(readMember(receipt, "detail")) };
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // The endpoint may answer what it likes; the list of attempts shows it.
    return null;
  }
}

function readMember(value: unknown, name: string): unknown {
  return typeof value === "object" && value !== null && Object.hasOwn(value, name)
    ? // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- it is an object that has the member
      (value as Readonly<Record<string, unknown>>)[name]
    : undefined;
}

/** One line of readable text, as the contract has it; what a receiver says at greater length is cut rather than lost. */
function readDetail(detail: unknown): string | null {
  if (typeof detail !== "string") return null;
  const line = detail
    .replaceAll(/\p{Cc}+/gu, " ")
    .slice(0, maximumDetail)
    .toWellFormed()
    .trim();
  return line === "" ? null : line;
}
