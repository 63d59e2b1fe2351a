import { hash } from "node:crypto";
import { formatInstant, toInstant } from "@evergate/core";

/** Whose record holds what belongs to no partner: the catalogue, and the operator's keys. */
export const operatorRecord = "operator";

/** An entry as it stands in the database. */
export interface EntryFields {
  readonly id: string;
  readonly at: number;
  readonly recordedAt: number;
  readonly action: string;
  readonly actor: string;
  readonly apiKey: string | null;
  readonly requestId: string | null;
  readonly subject: string;
  /** JSON, or null. */
  readonly before: string | null;
  readonly after: string | null;
}

/**
 * The entry's text: what is hashed, and, byte for byte, what an export shows. It is JSON, the fields in this order,
 * `before` and `after` as they were stored, so that nobody has to agree with anybody on how JSON is written.
 */
export function renderEntry(
  owner: string,
  entry: EntryFields,
  format: (instant: number) => string = formatWire,
): string {
  const { id, action, actor, apiKey, requestId, subject, before, after } = entry;
  const fields = JSON.stringify({
    id,
    at: format(entry.at),
    recordedAt: format(entry.recordedAt),
    action,
    actor,
    key: apiKey,
    requestId,
    partner: toWireOwner(owner),
    subject,
  });
  return `${fields.slice(0, -1)},"before":${before ?? "null"},"after":${after ?? "null"}}`;
}

/** On the wire the operator's own record belongs to no partner. */
export function toWireOwner(owner: string): string | null {
  return owner === operatorRecord ? null : owner;
}

/** The same instant in a row is written once: entries that are stored together were mostly made together. */
export function createInstantFormat(): (instant: number) => string {
  const texts = new Map<number, string>();
  return (instant) => {
    let text = texts.get(instant);
    if (text === undefined) texts.set(instant, (text = formatWire(instant)));
    return text;
  };
}

/** SHA-256 of the entry's text in UTF-8. Hashes are written in base64url throughout. */
export function digestEntry(text: string): string {
  return hash("sha256", text, "base64url");
}

function formatWire(instant: number): string {
  return formatInstant(toInstant(instant));
}
