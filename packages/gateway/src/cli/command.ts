import type { ParseArgsConfig } from "node:util";

/** Environment variables, as `process.env` has them. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** What was given after a command's words. */
export type Flags = Readonly<Record<string, string | boolean | undefined>>;

/** One command of the command line. */
export interface Command {
  /** Its words: `keys create`. */
  readonly words: string;
  readonly summary: string;
  /** Its flags, each with what stands in the help. */
  readonly flags: Readonly<Record<string, Flag>>;
  /** What may stand after the words without a name; it is given with the flags, under this one. */
  readonly argument?: { readonly name: string; readonly help: string };
  /** Does it and answers the exit code. */
  run(flags: Flags, env: Environment): Promise<number>;
}

export interface Flag {
  readonly type: "string" | "boolean";
  /** What a string stands for, in the help: `operator|partner`. */
  readonly value?: string;
  readonly help: string;
}

/** The command was written wrongly. The message is one sentence; where to find the help follows it. */
export class UsageError extends Error {
  override readonly name = "UsageError";
}

/** A flag's text; null where it was left out. */
export function readFlag(flags: Flags, name: string): string | null {
  const text = flags[name];
  return typeof text === "string" && text.trim() !== "" ? text.trim() : null;
}

/** The flags in the form that Node's parser takes. */
export function toParserOptions(command: Command): NonNullable<ParseArgsConfig["options"]> {
  const options: NonNullable<ParseArgsConfig["options"]> = {
    help: { type: "boolean", short: "h" },
  };
  for (const [name, { type }] of Object.entries(command.flags)) options[name] = { type };
  return options;
}
