import type { Brand } from "@evergate/core";
import { typeidUnboxed } from "typeid-js";

export type PartnerId = Brand<string, "PartnerId">;

/** An id that was read from a row, or whose form the contract has checked. */
// oxlint-disable-next-line typescript/no-unsafe-type-assertion -- this is the parser
export const toPartnerId = (text: string): PartnerId => text as PartnerId;

/** The kinds of things that have an id, and the prefixes by which people tell them. */
export type IdPrefix =
  | "partner"
  | "application"
  | "company"
  | "cus"
  | "sub"
  | "prod"
  | "price"
  | "charge"
  | "bill"
  | "credit"
  | "settlement"
  | "evt"
  | "wh"
  | "challenge"
  | "whkey"
  | "receipt"
  | "prepaid"
  | "key"
  | "attempt"
  | "replay"
  | "worker"
  | "audit"
  | "req";

/** Makes a TypeID: a prefix and a UUIDv7, so that ids of one kind sort by the time at which they were made. */
export function makeId(prefix: IdPrefix): string {
  return typeidUnboxed(prefix);
}

/** Whether a text has the form of such an id, as the contract has it: 128 bits in 26 characters. */
export function isId(prefix: IdPrefix, text: string): boolean {
  const [, own, suffix = ""] = /^([a-z]+)_(.*)$/s.exec(text) ?? [];
  return own === prefix && /^[0-7][0-9a-hjkmnp-tv-z]{25}$/.test(suffix);
}
