import { stripVTControlCharacters, styleText } from "node:util";

type Format = Parameters<typeof styleText>[0];

const widest = 98;

/** Colours a text where the terminal shows colours and NO_COLOR is not set; else leaves it plain. */
export function paint(format: Format, text: string): string {
  return styleText(format, text, { stream: process.stdout });
}

/** The columns that the demo's output takes: the terminal's, or those of COLUMNS, but no more than are pleasant. */
export function getWidth(): number {
  // A terminal that doesn't know its width says 0.
  const columns = process.stdout.columns || Number(process.env["COLUMNS"]);
  return columns > 0 ? Math.min(columns, widest) : widest;
}

export interface Screen {
  /** Prints lines, above the live line where there is one. */
  print(text?: string): void;
  printHeading(text: string): void;
  /** Prints text that breaks between words, every line indented. */
  printParagraph(text: string, indent?: number): void;
  /** Shows a line that is written over and over, on a terminal; elsewhere nothing. */
  showLive(text: string): void;
  clearLive(): void;
  /** Prints nothing more: the demo is over, whatever of it still runs. */
  mute(): void;
}

export function createScreen(): Screen {
  const { stdout } = process;
  let live = "";
  let isMuted = false;
  const clearLive = (): void => {
    if (live !== "") stdout.write("\r\u001b[2K");
    live = "";
  };
  const print = (text = ""): void => {
    if (isMuted) return;
    const shown = live;
    clearLive();
    stdout.write(`${text}\n`);
    if (shown !== "") showLive(shown);
  };
  const showLive = (text: string): void => {
    if (!stdout.isTTY || isMuted) return;
    clearLive();
    stdout.write(text);
    live = text;
  };
  return {
    print,
    printHeading(text) {
      print();
      print(
        `${paint(["bold", "cyan"], text)} ${paint("dim", "─".repeat(Math.max(0, getWidth() - text.length - 1)))}`,
      );
    },
    printParagraph(text, indent = 2) {
      for (const line of breakLines(text, getWidth() - indent))
        print(`${" ".repeat(indent)}${line}`);
    },
    showLive,
    clearLive,
    mute() {
      clearLive();
      isMuted = true;
    },
  };
}

/** Breaks a text between words into lines of at most `width` columns. */
export function breakLines(text: string, width: number): readonly string[] {
  // A number and its % stay together.
  return joinWords(text.split(/ (?!%)/), width);
}

/** Joins words, which may hold blanks of their own, to lines of at most `width` columns. */
export function joinWords(words: readonly string[], width: number): readonly string[] {
  const lines: string[] = [];
  for (const word of words) {
    const line = lines.at(-1);
    if (line === undefined || measure(line) + 1 + measure(word) > width) lines.push(word);
    else lines[lines.length - 1] = `${line} ${word}`;
  }
  return lines;
}

/** The columns that a text takes; colours take none. */
function measure(text: string): number {
  return stripVTControlCharacters(text).length;
}
