const words = new Intl.Segmenter("en", { granularity: "word" });
const graphemes = new Intl.Segmenter("en", { granularity: "grapheme" });

/**
 * Breaks a text into lines that are not wider than `width`: between words; a word that is too wide between its parts
 * (those of Chinese or Thai, which have no spaces, are words), and at last anywhere. What needs more than `maximumLines`
 * ends in "…".
 */
export function wrapText(
  text: string,
  width: number,
  maximumLines: number,
  measure: (text: string) => number,
): readonly string[] {
  const lines: string[] = [];
  let line = "";
  for (const piece of listPieces(text, width, measure)) {
    const longer = line === "" ? piece.trimStart() : line + piece;
    if (measure(longer.trimEnd()) <= width) {
      line = longer;
      continue;
    }
    lines.push(line.trimEnd());
    if (lines.length === maximumLines) return endOpen(lines, width, measure);
    line = piece.trimStart();
  }
  return line === "" && lines.length > 0 ? lines : [...lines, line.trimEnd()];
}

/** The pieces between which a line may break. Each fits into a line, if a single character does. */
function* listPieces(
  text: string,
  width: number,
  measure: (text: string) => number,
): Generator<string, void, void> {
  for (const [word] of text.matchAll(/\s*\S+/gu)) {
    if (measure(word.trimStart()) <= width) {
      yield word;
      continue;
    }
    for (const part of joinPunctuation(word)) {
      if (measure(part) <= width) yield part;
      else for (const { segment } of graphemes.segment(part)) yield segment;
    }
  }
}

/** The parts of a word; what isn't a word (a comma, a bracket that closes) stays with what is before it. */
function joinPunctuation(word: string): readonly string[] {
  const parts: string[] = [];
  for (const { segment, isWordLike } of words.segment(word)) {
    if (isWordLike === true || parts.length === 0) parts.push(segment);
    else parts.push((parts.pop() ?? "") + segment);
  }
  return parts;
}

function endOpen(
  lines: readonly string[],
  width: number,
  measure: (text: string) => number,
): readonly string[] {
  const last = [...graphemes.segment(lines.at(-1) ?? "")].map(({ segment }) => segment);
  while (last.length > 0 && measure(`${last.join("").trimEnd()}…`) > width) last.pop();
  return [...lines.slice(0, -1), `${last.join("").trimEnd()}…`];
}
