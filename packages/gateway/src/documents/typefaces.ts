import { readFileSync } from "node:fs";
import { create, type Font } from "fontkit";
import { unpackWoff } from "./unpack-woff.ts";

export type Weight = "regular" | "bold";

/** A typeface for some scripts: the packages that carry it are named in package.json. */
interface Typeface {
  readonly name: string;
  readonly package: string;
  /** Its files, beside or below the package's main file. */
  readonly files: Readonly<Record<Weight, string>>;
}

const whole = (script: string, stem: string, ending = "ttf"): Typeface => ({
  name: `${script}-${stem}`,
  package: `@embedpdf/fonts-${script}`,
  files: {
    regular: `../fonts/${stem}-Regular.${ending}`,
    bold: `../fonts/${stem}-Bold.${ending}`,
  },
});

const ofScript = (script: string): Typeface => ({
  name: script,
  package: `@fontsource/noto-sans-${script}`,
  files: {
    regular: `./files/noto-sans-${script}-${script}-400-normal.woff`,
    bold: `./files/noto-sans-${script}-${script}-700-normal.woff`,
  },
});

/** Noto Sans for what is written in Latin (Vietnamese too), Greek, Cyrillic and Devanagari, then one for each further script. */
const typefaces: readonly Typeface[] = [
  whole("latin", "NotoSans"),
  ofScript("hebrew"),
  ofScript("arabic"),
  ofScript("thai"),
  ofScript("armenian"),
  ofScript("georgian"),
  ofScript("bengali"),
  ofScript("tamil"),
];

/** The Han characters that they share look different in each country; where they are left out of an installation, names in them can't be printed. */
const eastAsian = {
  chinese: whole("sc", "NotoSansHans", "otf"),
  japanese: whole("jp", "NotoSansJP", "otf"),
  korean: whole("kr", "NotoSansKR", "otf"),
} as const;

/** A file of a typeface, with what it has glyphs for. */
export interface FontFile {
  readonly key: string;
  covers(codePoint: number): boolean;
  /**
   * The font for one document. Its tables, which are read once and take megabytes, are everybody's; the glyphs are the
   * document's own: each remembers the characters that it was first asked for, and which those are decides on bytes of the file.
   */
  openFor(): Font;
}

const loaded = new Map<string, FontFile | null>();

/** The files in which to look for the characters of a text, in this order. They are read once, when first needed. */
export function* listFontFiles(text: string, weight: Weight): Generator<FontFile, void, void> {
  for (const typeface of typefaces) yield* load(typeface, weight);
  for (const typeface of orderEastAsian(text)) yield* load(typeface, weight);
}

/** The file that every installation has: its box stands for what no file has a glyph for. */
export function getBaseFile(weight: Weight): FontFile {
  const [file] = load(whole("latin", "NotoSans"), weight);
  if (file === undefined) throw new Error("The package @embedpdf/fonts-latin is not installed.");
  return file;
}

const opened = new Set<Weight>();

/** Opens what every document is set in, one at a time; says of each whether that was work, of a tenth of a second. */
export function* openBaseFonts(): Generator<boolean, void, void> {
  for (const weight of ["regular", "bold"] as const) {
    const isFirst = !opened.has(weight);
    if (isFirst) getBaseFile(weight).openFor().layout("A");
    opened.add(weight);
    yield isFirst;
  }
}

function orderEastAsian(text: string): readonly Typeface[] {
  const { chinese, japanese, korean } = eastAsian;
  if (/[\p{Script=Hiragana}\p{Script=Katakana}]/u.test(text)) return [japanese, chinese, korean];
  if (/\p{Script=Hangul}/u.test(text)) return [korean, chinese, japanese];
  return [chinese, japanese, korean];
}

function load(typeface: Typeface, weight: Weight): readonly FontFile[] {
  const key = `${typeface.name}-${weight}`;
  let file = loaded.get(key);
  if (file === undefined) {
    file = read(typeface, weight, key);
    loaded.set(key, file);
  }
  return file === null ? [] : [file];
}

function read(typeface: Typeface, weight: Weight, key: string): FontFile | null {
  let bytes: Buffer;
  try {
    bytes = readFileSync(new URL(typeface.files[weight], import.meta.resolve(typeface.package)));
  } catch (error) {
    // Left out with --omit=optional.
    if (Object.values(eastAsian).some(({ name }) => name === typeface.name)) return null;
    throw error;
  }
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- none of the files is a collection of fonts
  const font = create(unpackWoff(bytes)) as Font;
  return {
    key,
    covers: (codePoint) => font.hasGlyphForCodePoint(codePoint),
    openFor: () => Object.create(font, { _glyphs: { value: {} } }),
  };
}
