import { parseArgs } from "node:util";
import {
  toParserOptions,
  UsageError,
  type Command,
  type Environment,
  type Flags,
} from "./command.ts";
import { commands } from "./commands.ts";
import { renderCommandHelp, renderHelp } from "./render-help.ts";

/** Words that mean a command though they are written otherwise. */
const aliases: Readonly<Record<string, string>> = {
  "--help": "help",
  "-h": "help",
  "--version": "version",
  "-v": "version",
};

/** Runs what the words say. Answers the exit code: 0 done, 1 failed, 2 written wrongly. */
export async function runCommand(words: readonly string[], env: Environment): Promise<number> {
  const [first = "help", ...others] = words;
  const given = [aliases[first] ?? first, ...others];
  const command = commands.find(
    ({ words: own }) => own === given.slice(0, countWords(own)).join(" "),
  );
  if (command === undefined) {
    process.stderr.write(
      `There is no command "${given.filter((word) => !word.startsWith("-")).join(" ")}".\n\n${renderHelp(commands)}`,
    );
    return 2;
  }
  try {
    const flags = readFlags(command, given.slice(countWords(command.words)));
    if (flags["help"] === true) {
      process.stdout.write(renderCommandHelp(command));
      return 0;
    }
    return await command.run(flags, env);
  } catch (error) {
    if (error instanceof UsageError) {
      process.stderr.write(`${error.message}\n\n${renderCommandHelp(command)}`);
      return 2;
    }
    const { explainError } = await import("./explain-error.ts");
    process.stderr.write(`${explainError(error)}\n`);
    if (/^(debug|trace)$/.test(env["EVERGATE_LOG_LEVEL"] ?? "") && error instanceof Error)
      process.stderr.write(`${error.stack}\n`);
    return 1;
  }
}

function countWords(words: string): number {
  return words.split(" ").length;
}

function readFlags(command: Command, args: readonly string[]): Flags {
  try {
    const { values, positionals } = parseArgs({
      args: [...args],
      options: toParserOptions(command),
      strict: true,
      allowPositionals: command.argument !== undefined,
    });
    const [argument, unexpected] = positionals;
    if (unexpected !== undefined) throw new Error(`Unexpected argument '${unexpected}'`);
    if (command.argument !== undefined && argument !== undefined)
      values[command.argument.name] = argument;
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- no flag may be given more than once, so none is a list
    return values as Flags;
  } catch (error) {
    // Node adds advice on positional arguments, which there are none of.
    throw new UsageError(
      `${error instanceof Error ? error.message.split(". ")[0] : "The flags can't be read"}.`.replace(
        /\.\.$/,
        ".",
      ),
      { cause: error },
    );
  }
}
