import type { Command } from "./command.ts";
import { findNear } from "../contract/find-near.ts";

/** The command whose words these are, whatever follows them. */
export function findCommand(
  commands: readonly Command[],
  given: readonly string[],
): Command | undefined {
  return commands.find(({ words }) => words === takeAsMany(words, given));
}

/** All commands that begin with this one word, where there is none of it alone. */
export function listGroup(
  commands: readonly Command[],
  given: readonly string[],
): readonly Command[] {
  const [first = ""] = given;
  return given.length === 1 ? commands.filter(({ words }) => words.startsWith(`${first} `)) : [];
}

/** Says that there is no such command, and which may have been meant. */
export function describeUnknown(commands: readonly Command[], given: readonly string[]): string {
  const names = given.filter((word) => !word.startsWith("-"));
  const sentence = `There is no command "${names.join(" ")}"`;
  const near = commands
    .map(({ words }) => findNear(takeAsMany(words, names), [words]))
    .find((words) => words !== undefined);
  const group = listGroup(commands, names.slice(0, 1)).map(({ words }) => words);
  // A first word alone is what all of these begin with; none is nearer than another.
  if (group.length > 0 && (names.length === 1 || near === undefined))
    return `${sentence}; there is ${group.join(", ")}.`;
  return near === undefined ? `${sentence}.` : `${sentence}; did you mean ${near}?`;
}

function takeAsMany(words: string, given: readonly string[]): string {
  return given.slice(0, words.split(" ").length).join(" ");
}
