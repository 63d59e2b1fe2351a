import type { NotedHead } from "./verify-record.ts";

/** Reads `<position>:<hash>`; null where it is written otherwise. */
export function parseNotedHead(text: string): NotedHead | null {
  const [, position = "", hash = ""] = /^([1-9]\d{0,14}):([A-Za-z0-9_-]{43})$/.exec(text) ?? [];
  return hash === "" ? null : { position: Number(position), hash };
}
