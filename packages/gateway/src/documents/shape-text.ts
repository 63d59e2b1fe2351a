import createBidi from "bidi-js";
import { withoutDirections } from "./words.ts";
import { getBaseFile, listFontFiles, type FontFile, type Weight } from "./typefaces.ts";

/** A piece of a line that is set in one font and runs one way. */
export interface TextRun {
  readonly file: FontFile;
  /** In the order in which it is written, also where it runs from right to left. */
  readonly text: string;
  /** It runs from right to left, and is laid out as a whole: word by word, the last word would come last. */
  readonly isWhole: boolean;
}

// oxlint-disable-next-line typescript/no-unsafe-type-assertion -- its types are those of a module, its file is CommonJS: the default is the function itself
const bidi = (createBidi as unknown as typeof createBidi.default)();
const graphemes = new Intl.Segmenter("en", { granularity: "grapheme" });
const rightToLeft = /[\u0590-\u08FF\u200F\uFB1D-\uFDFF\uFE70-\uFEFC]/;
const rightToLeftLetter =
  /[\p{Script=Hebrew}\p{Script=Arabic}\p{Script=Syriac}\p{Script=Thaana}\p{Script=Nko}]/u;
/** What every Latin text consists of: one font, one direction, and no need to look closer. */
const plain = /^[\u0020-\u007E\u00A0-\u017F\u2013\u2014\u2026\u20AC\u00B7]*$/;

/** The runs of a line in the order in which they are seen, from left to right (UAX 9). */
export function shapeText(line: string, weight: Weight): readonly TextRun[] {
  if (plain.test(line))
    return line === "" ? [] : [{ file: getBaseFile(weight), text: line, isWhole: false }];
  const text = clean(line);
  if (!rightToLeft.test(text)) return splitByFont(text, weight);
  const { levels } = bidi.getEmbeddingLevels(text);
  const mirrored = bidi.getMirroredCharactersMap(text, levels);
  const runs: { readonly level: number; readonly run: TextRun }[] = [];
  for (let start = 0; start < text.length;) {
    const level = levels[start] ?? 0;
    let end = start + 1;
    while (end < text.length && levels[end] === level) end += 1;
    let part = "";
    for (let at = start; at < end; at += 1) part += mirrored.get(at) ?? text[at] ?? "";
    for (const run of splitByFont(part, weight))
      runs.push({ level, run: level % 2 === 1 ? turn(run) : run });
    start = end;
  }
  return reorder(runs).flatMap(({ run: { file, text: marked, isWhole } }) => {
    const seen = marked.replaceAll(directionMarks, "");
    return seen === "" ? [] : [{ file, text: seen, isWhole }];
  });
}

const directionMarks = /[\u061C\u200E\u200F]/g;

/** Control characters have no form; those that only steer direction are needed until the order is known. */
function clean(text: string): string {
  return withoutDirections(text)
    .normalize("NFC")
    .replaceAll(/\p{Cc}+/gu, " ")
    .replaceAll(/[\u200B\u2060\uFEFF\u00AD\p{Cs}]/gu, "");
}

/** Rule L2: from the highest level down to the lowest odd one, whatever is at it or above is turned round. */
function reorder<T extends { readonly level: number }>(runs: readonly T[]): readonly T[] {
  const ordered = [...runs];
  const highest = Math.max(...ordered.map(({ level }) => level));
  for (let level = highest; level >= 1; level -= 1) {
    for (let start = 0; start < ordered.length; start += 1) {
      let end = start;
      while ((ordered[end]?.level ?? -1) >= level) end += 1;
      if (end > start) {
        ordered.splice(start, end - start, ...ordered.slice(start, end).toReversed());
        start = end;
      }
    }
  }
  return ordered;
}

/** Letters that run from right to left are turned round as they are laid out; a run without any has to be by us. */
function turn(run: TextRun): TextRun {
  if (rightToLeftLetter.test(run.text)) return { ...run, isWhole: true };
  const turned = [...graphemes.segment(run.text)].toReversed().map(({ segment }) => segment);
  return { ...run, text: turned.join("") };
}

function splitByFont(text: string, weight: Weight): readonly TextRun[] {
  const runs: { file: FontFile; text: string; isWhole: boolean }[] = [];
  for (const { segment } of graphemes.segment(text)) {
    const last = runs.at(-1);
    const file = chooseFile(segment, text, weight, last?.file);
    if (last?.file === file) last.text += segment;
    else runs.push({ file, text: segment, isWhole: false });
  }
  return runs;
}

/** Spaces and punctuation stay with what is before them; all else is set in the first font that has it. */
function chooseFile(
  segment: string,
  text: string,
  weight: Weight,
  before: FontFile | undefined,
): FontFile {
  const codePoints = Array.from(segment)
    .map((character) => character.codePointAt(0) ?? 0)
    .filter((codePoint) => !isInvisible(codePoint));
  const coversAll = (file: FontFile): boolean => codePoints.every((it) => file.covers(it));
  if (before !== undefined && /^[\p{Z}\p{P}\p{Cf}\p{M}]/u.test(segment) && coversAll(before))
    return before;
  for (const file of listFontFiles(text, weight)) if (coversAll(file)) return file;
  const [first = 0] = codePoints;
  for (const file of listFontFiles(text, weight)) if (file.covers(first)) return file;
  return getBaseFile(weight);
}

/** Joiners and variation selectors, and the marks of direction. */
function isInvisible(codePoint: number): boolean {
  return /[\p{Cf}\uFE00-\uFE0F]/u.test(String.fromCodePoint(codePoint));
}
