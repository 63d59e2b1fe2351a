import { parseArgs } from "node:util";
import { toParserOptions, UsageError, type Command, type Flags } from "./command.ts";
import { findNear } from "../contract/find-near.ts";

/** Reads what stands after a command's words. Throws a {@link UsageError} for the first thing that is wrong. */
export function readFlags(command: Command, args: readonly string[]): Flags {
  // Its strict form would speak of the parser: what it objects to is said below in the command's own words.
  const { tokens } = parseArgs({
    args: [...args],
    options: toParserOptions(command),
    strict: false,
    allowPositionals: true,
    tokens: true,
  });
  const flags: Record<string, string | boolean> = {};
  for (const token of tokens) {
    if (token.kind === "option") flags[token.name] = readOption(command, token);
    if (token.kind !== "positional") continue;
    const { argument } = command;
    if (argument === undefined || flags[argument.name] !== undefined)
      throw new UsageError(`Unexpected argument "${token.value}".`);
    flags[argument.name] = token.value;
  }
  return flags;
}

interface Option {
  readonly name: string;
  /** As it was written: `--name` or `-n`. */
  readonly rawName: string;
  readonly value: string | undefined;
  /** Whether the value was written with an equals sign. */
  readonly inlineValue: boolean | undefined;
}

function readOption(command: Command, option: Option): string | boolean {
  const { name, rawName, value } = option;
  const flag = Object.entries(command.flags).find(([known]) => known === name)?.[1];
  if (flag === undefined && name !== "help") {
    const near = findNear(name, [...Object.keys(command.flags), "help"]);
    throw new UsageError(
      `There is no option ${rawName}${near === undefined ? "" : `; did you mean --${near}?`}`,
    );
  }
  if (flag === undefined || flag.type === "boolean") {
    if (value !== undefined) throw new UsageError(`${rawName} takes no value.`);
    return true;
  }
  // "-1" may be meant as a value, and is judged as one; "--secret --events" is not.
  if (value === undefined || (option.inlineValue !== true && value.startsWith("--")))
    throw new UsageError(`${rawName} needs a value: ${rawName} ${flag.value ?? "text"}`);
  return value;
}
