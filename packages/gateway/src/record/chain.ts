import { hash } from "node:crypto";
import { formatInstant, type Instant } from "@evergate/core";

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

/**
 * Whether `before` and `after` are JSON each by itself. Else the same text could come of other columns: what stands
 * before a `,"after":` inside one of them, and what stands behind it.
 */
export function isDividedRightly({ before, after }: EntryFields, text: string): boolean {
  if (before === "null" || after === "null") return false;
  if (text.indexOf(divider) === text.lastIndexOf(divider)) return true;
  return isJson(before) && isJson(after);
}

const divider = ',"after":';

function isJson(text: string | null): boolean {
  if (text === null) return true;
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
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

/** What links an entry to the one before; that before the first is "". */
export function hashLink(previous: string, digest: string, position: number): string {
  return hash("sha256", `${position}:${previous}:${digest}`, "base64url");
}

/** What a link's seal is over. The entry's digest names its partner. */
export function toSealedLink(position: number, digest: string, linkHash: string): string {
  return `${position}:${digest}:${linkHash}`;
}

/** What is known of a chain's end. */
export interface Head {
  readonly position: number;
  /** The last link's hash; "" where nothing is linked yet. */
  readonly hash: string;
  /** From here on links are sealed with the present key; what is before was sealed with one that is lost. */
  readonly sealedFrom: number;
}

/** What a head's seal is over. */
export function toSealedHead(
  owner: string,
  { position, hash: linkHash, sealedFrom }: Head,
): string {
  return `${owner}:${position}:${linkHash}:${sealedFrom}`;
}

/** 0001 to 9999: what else stands in a column has been put there by other hands, and is shown as it is. */
export const firstInstant = -62_135_596_800_000;
const lastInstant = 253_402_300_799_999;

function formatWire(instant: number): string {
  return isWritable(instant) ? formatInstant(instant) : String(instant);
}

export function isWritable(instant: number): instant is Instant {
  return Number.isSafeInteger(instant) && instant >= firstInstant && instant <= lastInstant;
}
