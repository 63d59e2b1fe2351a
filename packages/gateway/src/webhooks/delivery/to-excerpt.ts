import { stripVTControlCharacters } from "node:util";

const maximumBytes = 1_024;

/**
 * The beginning of an endpoint's answer as readable text: what steers a terminal or turns the direction of writing is
 * taken out whole, so that it shows anywhere as it is; PostgreSQL can't store U+0000. A character that the limit cuts is
 * left out. Null where nothing is left.
 */
export function toExcerpt(bytes: Uint8Array): string | null {
  const isCut = bytes.length > maximumBytes;
  const text = new TextDecoder().decode(bytes.subarray(0, maximumBytes), { stream: isCut });
  const readable = dropCutSequence(stripVTControlCharacters(text))
    .replaceAll(/\p{Bidi_Control}/gu, "")
    .replaceAll(/\p{Cc}+/gu, " ")
    .trim();
  return readable === "" ? null : readable;
}

/** The limit may have left the beginning of a terminal's sequence. */
function dropCutSequence(text: string): string {
  const at = Math.max(text.lastIndexOf("\u001B"), text.lastIndexOf("\u009B"));
  return at >= 0 && /^[[\]()#;?\d]*$/.test(text.slice(at + 1)) ? text.slice(0, at) : text;
}
